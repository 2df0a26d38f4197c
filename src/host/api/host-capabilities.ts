import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { CapabilitySchema } from "../../gen/slipway/common/v1/capability_pb.js";

type Capability = MessageInitShape<typeof CapabilitySchema> & { id: string };

/** What this host can do for clients; docs/api.md describes the ids. */
const capabilityIds = [
  "builds",
  "builds.call",
  "bake",
  "builders",
  "debug",
  "debug.steps",
  "history",
  "images",
  "policies",
  "uploads.tar",
  "uploads.manifest",
  "outputs.stream",
  "plugins",
  "plugins.attach",
  "plugins.install",
  "environment",
];

/** The host's capabilities for one client. */
export function capabilitiesFor(client: { isLocal: boolean }): Capability[] {
  return [...capabilityIds, ...(client.isLocal ? ["paths.local"] : [])].map((id) => ({ id }));
}

/** Throws FAILED_PRECONDITION, reason CAPABILITY_REQUIRED, unless the host has all that a client requires. */
export function requireCapabilities(required: readonly string[], capabilities: readonly Capability[]): void {
  const missing = required.filter((id) => !capabilities.some((capability) => capability.id === id));
  if (missing.length === 0) return;
  throw typedError({
    code: Code.FailedPrecondition,
    reason: "CAPABILITY_REQUIRED",
    message: `This host lacks capabilities that the client requires: ${missing.join(", ")}.`,
    remedy: "Update the host, or connect over its unix socket if paths.local is missing.",
    fields: [{ field: "required_capabilities", message: `The host lacks ${missing.join(", ")}.` }],
    metadata: { capabilities: missing.join(",") },
  });
}
