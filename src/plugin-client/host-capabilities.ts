import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CapabilitySchema } from "../gen/slipway/common/v1/capability_pb.js";
import { capabilityIds } from "../plugin-protocol/capabilities.js";

/** The capabilities that this host reports to plugins in Handshake. */
export const hostCapabilities: MessageInitShape<typeof CapabilitySchema>[] = [
  { id: capabilityIds.nativeBuild },
];
