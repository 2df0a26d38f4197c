import { randomBytes } from "node:crypto";
import { createRegistry, fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { encodeError, readTypedError, typedError } from "../../errors/typed-error.js";
import { BadRequestSchema, ErrorInfoSchema, HelpSchema } from "../../gen/google/rpc/error_details_pb.js";
import type { Log } from "../base/log.js";
import type { ServerLimits } from "./limits.js";

/** UNAVAILABLE, reason HOST_STOPPING: for new and running calls while the host stops. */
export function hostStopping(): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: "HOST_STOPPING",
    message: "The host is stopping.",
    remedy: "Call again when a host runs; a build that was accepted can then be watched.",
  });
}

/** Whether an error carries a reason. */
export function isTyped(error: unknown): error is ConnectError {
  return error instanceof ConnectError && error.findDetails(ErrorInfoSchema).length > 0;
}

/**
 * Converts what a handler threw into the client's error: always with a reason, never with a stack or with headers of
 * a call that the handler made itself. An error that is not a ConnectError is logged with an incident number.
 */
export function handlerError(error: unknown, method: string, log: Log): ConnectError {
  if (error instanceof ConnectError) {
    const typed = isTyped(error) ? undefined : encodeError(readTypedError(error));
    const clean = new ConnectError(error.rawMessage, error.code, undefined, undefined, error.cause);
    clean.details = [...(typed?.details ?? []), ...error.details.map(readable)];
    return clean;
  }
  const incident = randomBytes(4).toString("hex");
  log.error("Call failed unexpectedly", { incident, method, error: stackOf(error) });
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

/** Decodes a driver's detail so that Connect also writes it as JSON, which is all that some clients can read. */
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

/** Adds the reason to an error that the RPC library raised about a request's bytes. */
export function requestError(error: ConnectError, limits: ServerLimits): ConnectError {
  const { code, rawMessage } = error;
  switch (code) {
    case Code.ResourceExhausted:
      return typedError({
        code,
        reason: "MESSAGE_TOO_LARGE",
        message: `A message of the request is larger than the limit of ${limits.maxMessageBytes} bytes.`,
        remedy:
          "Send large content in chunks with UploadTar, WriteUpload or AddBlobs, within the limits from Negotiate.",
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
