import type { MessageInitShape } from "@bufbuild/protobuf";
import type { BuildSpecSchema } from "../../gen/slipway/build/v1/build_spec_pb.js";

/** The fields of a build specification. */
export type Spec = Exclude<MessageInitShape<typeof BuildSpecSchema>, { $typeName: string }>;
