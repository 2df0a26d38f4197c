import { Code, type ConnectError } from "@connectrpc/connect";
import { encodeError, invalidField, typedError } from "../../errors/typed-error.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { withPeriod } from "../../util/with-period.js";

/** ALREADY_EXISTS, reason BUILDER_EXISTS. */
export function nameTaken(name: string, why: string): ConnectError {
  return typedError({
    code: Code.AlreadyExists,
    reason: "BUILDER_EXISTS",
    message: `Existing instance for ${JSON.stringify(name)}: ${why}.`,
    remedy: "Choose another name, append a node to the builder, or remove it first.",
    fields: [{ field: "name", message: "The name is taken." }],
  });
}

/** ALREADY_EXISTS, reason NODE_EXISTS. */
export function nodeTaken(node: string, builder: string): ConnectError {
  return typedError({
    code: Code.AlreadyExists,
    reason: "NODE_EXISTS",
    message: `Builder ${builder} has a node ${JSON.stringify(node)} already. Node names are unique, since drivers name what they create after them.`,
    remedy: "Choose another name for the node, or leave the name out.",
    fields: [{ field: "node.name", message: "The name is taken." }],
  });
}

/** NOT_FOUND, reason BUILDER_UNKNOWN. */
export function unknownBuilder(name: string, known: BuilderRecord[]): ConnectError {
  return typedError({
    code: Code.NotFound,
    reason: "BUILDER_UNKNOWN",
    message: `No builder ${JSON.stringify(name)} found.`,
    remedy:
      known.length > 0
        ? `Available builders: ${known.map((builder) => builder.name).join(", ")}.`
        : "Create a builder first.",
    fields: [{ field: "builder", message: "There is no such builder." }],
  });
}

/** NOT_FOUND, reason BUILDER_UNKNOWN: the default builder was removed. */
export function defaultGone(name: string): ConnectError {
  return typedError({
    code: Code.NotFound,
    reason: "BUILDER_UNKNOWN",
    message: `The builder ${JSON.stringify(name)}, which is the default, no longer exists.`,
    remedy: "Name a builder, or call SetDefaultBuilder to choose another default.",
  });
}

/** NOT_FOUND, reason BUILDER_UNKNOWN: no builder is named, and there is no default. */
export function noDefault(diagnostics: Diagnostic[]): ConnectError {
  const why = diagnostics.map((diagnostic) => withPeriod(diagnostic.message)).join(" ");
  return typedError({
    code: Code.NotFound,
    reason: "BUILDER_UNKNOWN",
    message: withPeriod(`No builder is named, and there is no default${why && `: ${why}`}`),
    remedy:
      diagnostics.find((diagnostic) => diagnostic.remedy)?.remedy ||
      "Create a builder, or name one that ListBuilders returns.",
  });
}

/** NOT_FOUND, reason BUILDER_UNKNOWN: an untrusted principal names no builder, and sees several. */
export function severalBuilders(builders: readonly BuilderRecord[]): ConnectError {
  return typedError({
    code: Code.NotFound,
    reason: "BUILDER_UNKNOWN",
    message: "No builder is named, and there are several for untrusted builds.",
    remedy: `Name one of: ${builders.map(({ name }) => name).join(", ")}.`,
    fields: [{ field: "builder", message: "No builder is named." }],
  });
}

/** FAILED_PRECONDITION, reason UNTRUSTED_BUILDER_MISSING. */
export function untrustedBuilderMissing(): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "UNTRUSTED_BUILDER_MISSING",
    message: "The caller is untrusted, and the host has no builder for untrusted builds that it may use.",
    remedy: "Ask the host's operator to create a builder for untrusted builds.",
    fields: [{ field: "builder", message: "There is no builder for untrusted builds." }],
  });
}

/** FAILED_PRECONDITION, reason BUILDER_UNTRUSTED. */
export function forUntrusted(name: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "BUILDER_UNTRUSTED",
    message: `The builder ${name} is for untrusted builds only; its build cache must not reach others.`,
    remedy: "Use another builder.",
    fields: [{ field: "builder", message: "The builder is for untrusted builds." }],
  });
}

/** INVALID_ARGUMENT, reason ENDPOINT_TRUST. */
export function endpointOfOtherClass(other: string, { untrusted }: BuilderRecord): ConnectError {
  const message = `The builder ${other} has a node with this endpoint and is for ${untrusted ? "trusted" : "untrusted"} builds; both would use one build cache.`;
  return invalidField(
    "node.endpoint",
    "ENDPOINT_TRUST",
    message,
    "Use a different BuildKit for each of them.",
  );
}

/** INVALID_ARGUMENT, reason STATE_TRUST. */
export function leftByOtherClass(node: string, { untrusted }: BuilderRecord): ConnectError {
  const message = `The build cache of a former node ${node} may still be there, and is of ${untrusted ? "trusted" : "untrusted"} builds; the new node would get it.`;
  const remedy =
    "Use another name for the node. Or create the former builder again, and remove it with its build cache.";
  return invalidField("node.name", "STATE_TRUST", message, remedy);
}

/** FAILED_PRECONDITION, reason BUILDER_READ_ONLY: the builder is not stored by this host. */
export function readOnly({ name, driver, origin }: BuilderRecord): ConnectError {
  const [why, remedy] = origin
    ? [
        `is an instance of buildx, stored in ${origin}`,
        `Use docker buildx instead: docker buildx rm ${name}.`,
      ]
    : [`is offered by the driver ${driver}`, "Create another builder."];
  return typedError({
    code: Code.FailedPrecondition,
    reason: "BUILDER_READ_ONLY",
    message: `The builder ${JSON.stringify(name)} ${why}; it cannot be changed or removed here.`,
    remedy,
    fields: [{ field: "builder", message: "The builder is read-only." }],
  });
}

/** NOT_FOUND, reason NODE_UNKNOWN. */
export function unknownNode(builder: BuilderRecord, node: string): ConnectError {
  const names = builder.nodes.map((each) => each.node).join(", ");
  return typedError({
    code: Code.NotFound,
    reason: "NODE_UNKNOWN",
    message: `Builder ${builder.name} has no node ${JSON.stringify(node)}.`,
    remedy: `Nodes of the builder: ${names}. Append the node to add it.`,
    fields: [{ field: "node", message: "There is no such node." }],
  });
}

/** FAILED_PRECONDITION, reason INSTANCE_UNUSABLE: the instance of buildx cannot be read, or its driver refuses it. */
export function instanceUnusable({ reason, message, remedy }: Diagnostic): ConnectError {
  return encodeError({ code: Code.FailedPrecondition, reason, message, remedy: remedy || undefined });
}

/** FAILED_PRECONDITION, reason STATE_KEY_MISSING: secrets of a builder are encrypted with a key that is not here. */
export function keyMissing(name: string, { node, key }: { node: string; key: string }): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "STATE_KEY_MISSING",
    message: `Secrets of node ${node} of builder ${name} are encrypted with the key ${key}, which the host does not have.`,
    remedy: `Add the key ${key} to the host's key file and restart the host. If it is lost, set force to remove the builder, then create it again.`,
    metadata: { builder: name, key },
  });
}

/** DATA_LOSS, reason STATE_SECRET_CORRUPT: an encrypted value was changed, or belongs to another place. */
export function secretCorrupt(
  builder: string,
  { node, name, key }: { node: string; name: string; key: string },
): ConnectError {
  return typedError({
    code: Code.DataLoss,
    reason: "STATE_SECRET_CORRUPT",
    message: `The encrypted value of ${name} of node ${node} of builder ${builder} was changed outside of the host.`,
    remedy: "Restore the state folder from a backup, or set force to remove the builder and create it again.",
    metadata: { builder, key },
  });
}
