import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { localFields } from "../spec/local-fields.js";

/**
 * Whether a build uses files that only its own host has: paths of its machine, and uploads.
 * @param areShared other hosts have the uploads, too
 */
export function isBound(spec: BuildSpec, areShared: boolean): boolean {
  if (localFields(spec).length > 0) return true;
  const contexts = [spec.context, ...Object.values(spec.namedContexts)];
  return !areShared && contexts.some((context) => context?.source.case === "upload");
}
