import { type BuildSpec, BuildSpecSchema } from "../../gen/slipway/build/v1/build_spec_pb.js";
import { requestDigest } from "../../requests/request-digest.js";

/**
 * A digest of a specification. It may be stored: secret values are not part of it, since they could be guessed from it.
 * @param shown the specification without secret values
 */
export function specDigest(spec: BuildSpec, shown: BuildSpec): string {
  return requestDigest(BuildSpecSchema, { ...shown, dockerfile: spec.dockerfile, policy: spec.policy }, []);
}
