import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CapabilitySchema } from "../gen/slipway/driver/v1/capability_pb.js";
import { capabilityIds } from "../plugin-protocol/capabilities.js";

/** What this host can do for plugins, as it tells them in Handshake. */
export const hostCapabilities: MessageInitShape<typeof CapabilitySchema>[] = [
  { id: capabilityIds.nativeBuild },
];
