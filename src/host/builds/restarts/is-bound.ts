import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { localFields } from "../spec/local-fields.js";

/** Whether a build uses files that only its own host has: paths of its machine, and uploads. */
export function isBound(spec: BuildSpec): boolean {
  const contexts = [spec.context, ...Object.values(spec.namedContexts)];
  return localFields(spec).length > 0 || contexts.some((context) => context?.source.case === "upload");
}
