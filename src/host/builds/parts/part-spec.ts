import { clone } from "@bufbuild/protobuf";
import { type BuildSpec, BuildSpecSchema } from "../../../gen/slipway/v1/build_spec_pb.js";

/** The specification of one part of a build: its platforms, in an index even when it is only one. */
export function specOfPart(spec: BuildSpec, platforms: readonly string[]): BuildSpec {
  const part = clone(BuildSpecSchema, spec);
  part.platforms = [...platforms];
  part.frontendAttributes["multi-platform"] = "true";
  return part;
}
