import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { NodeSpec } from "../../gen/slipway/v1/builder_pb.js";
import { secretFiles, secretOptions } from "./secret-values.js";

/**
 * Refuses a change that would send secrets, which the client has not given, to another endpoint: a client that may not
 * read them could name its own. INVALID_ARGUMENT, reason SECRET_NOT_GIVEN, with each of them.
 */
export function checkKeptSecrets(
  before: NodeConfig,
  after: NodeConfig,
  given: NodeSpec,
  descriptor: DriverDescriptor,
): void {
  if (before.endpoint === after.endpoint) return;
  const options = secretOptions(before, descriptor).filter((name) => {
    const value = before.options[name];
    return after.options[name] === value && given.options[name] !== value;
  });
  const files = secretFiles(before).filter((path) => {
    const content = before.daemonFiles[path]!;
    return isSame(after.daemonFiles[path], content) && !isSame(given.daemonFiles[path], content);
  });
  const names = [
    ...options.map((name) => `node.options[${name}]`),
    ...files.map((path) => `node.daemon_files[${path}]`),
  ];
  if (names.length === 0) return;
  const reason = "SECRET_NOT_GIVEN";
  const fields = names.map(
    (field) => ({ field, reason, message: "It is secret and was not given." }) as const,
  );
  throw typedError({
    code: Code.InvalidArgument,
    reason,
    message: `The endpoint of node ${before.node} cannot be changed from another machine while the node keeps secrets that the request does not have: ${names.join(", ")}.`,
    remedy: "Give these values again, or remove them from the node.",
    fields,
  });
}

function isSame(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0;
}
