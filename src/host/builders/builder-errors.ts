import { Code, type ConnectError } from "@connectrpc/connect";
import { encodeError, typedError } from "../../errors/typed-error.js";
import type { Diagnostic } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { BuilderInstance } from "../../gen/slipway/v1/builder_pb.js";

/** ALREADY_EXISTS, reason BUILDER_EXISTS. */
export function nameTaken(name: string, why = "there is a builder of that name"): ConnectError {
  return typedError({
    code: Code.AlreadyExists,
    reason: "BUILDER_EXISTS",
    message: `existing instance for ${JSON.stringify(name)}: ${why}`,
    remedy: "choose another name, append a node to it, or remove it first",
    fields: [{ field: "name", message: "taken" }],
  });
}

/** ALREADY_EXISTS, reason NODE_EXISTS. */
export function nodeTaken(node: string, builder: string): ConnectError {
  return typedError({
    code: Code.AlreadyExists,
    reason: "NODE_EXISTS",
    message: `the builder ${builder} has a node ${JSON.stringify(node)}; what drivers create is named after nodes`,
    remedy: "choose another name for the node, or let one be made up",
    fields: [{ field: "node.name", message: "taken" }],
  });
}

/** NOT_FOUND, reason BUILDER_UNKNOWN. */
export function unknownBuilder(name: string, known: BuilderInstance[]): ConnectError {
  return typedError({
    code: Code.NotFound,
    reason: "BUILDER_UNKNOWN",
    message: `no builder ${JSON.stringify(name)} found`,
    remedy: `there are: ${known.map((builder) => builder.name).join(", ") || "none"}`,
    fields: [{ field: "builder", message: "unknown" }],
  });
}

/** NOT_FOUND, reason BUILDER_UNKNOWN, when the builder that was made the default has gone. */
export function defaultGone(name: string): ConnectError {
  return typedError({
    code: Code.NotFound,
    reason: "BUILDER_UNKNOWN",
    message: `the builder ${JSON.stringify(name)}, which was made the default, is not there any more`,
    remedy: "make another one the default with `slipway use NAME`, or name one with --builder",
  });
}

/** NOT_FOUND, reason BUILDER_UNKNOWN, when nothing says which builder to use. */
export function noDefault(diagnostics: Diagnostic[]): ConnectError {
  const why = diagnostics.map((diagnostic) => diagnostic.message).join("; ");
  return typedError({
    code: Code.NotFound,
    reason: "BUILDER_UNKNOWN",
    message: `no builder is named, and none is the default${why && `: ${why}`}`,
    remedy:
      diagnostics.find((diagnostic) => diagnostic.remedy)?.remedy || "create one, or name one with --builder",
  });
}

/** FAILED_PRECONDITION, reason BUILDER_READ_ONLY, for a builder that Slipway does not keep. */
export function readOnly({ name, driver, origin }: BuilderInstance): ConnectError {
  const [why, remedy] = origin
    ? [`is an instance of buildx, kept in ${origin}`, `use docker buildx (docker buildx rm ${name}) for that`]
    : [`exists by itself, by the driver ${driver}`, "create a builder of your own with `slipway create`"];
  return typedError({
    code: Code.FailedPrecondition,
    reason: "BUILDER_READ_ONLY",
    message: `the builder ${JSON.stringify(name)} ${why}; it can't be changed or removed here`,
    remedy,
    fields: [{ field: "builder", message: "read-only" }],
  });
}

/** NOT_FOUND, reason NODE_UNKNOWN. */
export function unknownNode(builder: BuilderInstance, node: string): ConnectError {
  const names = builder.nodes.map(({ config }) => config?.node).join(", ");
  return typedError({
    code: Code.NotFound,
    reason: "NODE_UNKNOWN",
    message: `builder ${builder.name} has no node ${JSON.stringify(node)}`,
    remedy: `there are: ${names}; append adds one`,
    fields: [{ field: "node", message: "unknown" }],
  });
}

/** FAILED_PRECONDITION, reason INSTANCE_UNUSABLE, for a builder of buildx that its driver refuses. */
export function instanceUnusable({ reason, message, remedy }: Diagnostic): ConnectError {
  return encodeError({ code: Code.FailedPrecondition, reason, message, remedy: remedy || undefined });
}
