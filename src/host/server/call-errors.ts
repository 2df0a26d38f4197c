import { randomBytes } from "node:crypto";
import { createRegistry, fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { encodeError, readTypedError, typedError } from "../../errors/typed-error.js";
import { BadRequestSchema, ErrorInfoSchema, HelpSchema } from "../../gen/google/rpc/error_details_pb.js";
import type { Log } from "../base/log.js";
import type { ServerLimits } from "./limits.js";

/** UNAVAILABLE, reason HOST_STOPPING: for calls that come, or still run, when the host ends. */
export function hostStopping(): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: "HOST_STOPPING",
    message: "The host is being ended.",
    remedy: "Call again: a build that the host accepted can be watched once a host runs again.",
  });
}

/** True for an error that says its reason. */
export function isTyped(error: unknown): error is ConnectError {
  return error instanceof ConnectError && error.findDetails(ErrorInfoSchema).length > 0;
}

/**
 * What a handler threw, as the client gets it: always with a reason, never with a stack, nor with the headers of a
 * call that the handler itself made. What is no ConnectError is logged under an incident's number.
 */
export function handlerError(error: unknown, method: string, log: Log): ConnectError {
  if (error instanceof ConnectError) {
    const typed = isTyped(error) ? undefined : encodeError(readTypedError(error));
    const clean = new ConnectError(error.rawMessage, error.code, undefined, undefined, error.cause);
    clean.details = [...(typed?.details ?? []), ...error.details.map(readable)];
    return clean;
  }
  const incident = randomBytes(4).toString("hex");
  log.error("a call failed unexpectedly", { incident, method, error: stackOf(error) });
  return typedError({
    code: Code.Internal,
    reason: "INTERNAL",
    message: `The host failed unexpectedly (incident ${incident}).`,
    remedy: `Look for incident ${incident} in the host's log, and report it.`,
    metadata: { incident },
  });
}

const known = createRegistry(ErrorInfoSchema, BadRequestSchema, HelpSchema);

type Detail = ConnectError["details"][number];

/** A detail that came from a driver, such that Connect writes it in JSON too: some clients have nothing else. */
function readable(detail: Detail): Detail {
  const desc = "type" in detail ? known.getMessage(detail.type) : undefined;
  if (!desc || !("type" in detail)) return detail;
  try {
    return { desc, value: fromBinary(desc, detail.value) };
  } catch {
    return detail;
  }
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by: ${stackOf(error.cause)}`;
}

/** An error that the RPC library raised about a request's bytes, with its reason. */
export function requestError(error: ConnectError, limits: ServerLimits): ConnectError {
  const { code, rawMessage } = error;
  switch (code) {
    case Code.ResourceExhausted:
      return typedError({
        code,
        reason: "MESSAGE_TOO_LARGE",
        message: `A message of the request is larger than the ${limits.maxMessageBytes} bytes that the host takes.`,
        remedy:
          "Send large content in pieces: UploadTar, or WriteUpload and AddBlobs, as Negotiate's limits say.",
        metadata: { limit_bytes: String(limits.maxMessageBytes) },
      });
    case Code.InvalidArgument:
      return typedError({
        code,
        reason: "MESSAGE_MALFORMED",
        message: `The request cannot be read: ${rawMessage}.`,
        remedy: "Compare the request with the method's message in proto/slipway/v1.",
      });
    default:
      return encodeError(readTypedError(error));
  }
}
