import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { CapabilitySchema } from "../../gen/slipway/driver/v1/capability_pb.js";

type Capability = MessageInitShape<typeof CapabilitySchema> & { id: string };

/** What this host can do for clients; docs/api.md describes the ids. */
const capabilityIds = [
  "builds",
  "builds.call",
  "builders",
  "history",
  "uploads.tar",
  "uploads.manifest",
  "outputs.stream",
  "plugins.install",
];

/**
 * The host's capabilities for one client.
 * @param variables names of the environment variables that clients pass on with requests
 */
export function capabilitiesFor(client: { isLocal: boolean }, variables: string[]): Capability[] {
  return [
    ...capabilityIds.map((id) => ({ id })),
    { id: "environment", settings: { variables } },
    ...(client.isLocal ? [{ id: "paths.local" }] : []),
  ];
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
  });
}
