import { createRegistry, fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { detailSchemas, requestInfo } from "../../errors/error-details.js";
import { encodeError, limitError, readTypedError, typedError } from "../../errors/typed-error.js";
import { ErrorInfoSchema, RequestInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { newIncident, stackOf } from "../base/incident.js";
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

/** DEADLINE_EXCEEDED, reason REQUEST_SILENT. */
export function requestSilent(ms: number): ConnectError {
  return typedError({
    code: Code.DeadlineExceeded,
    reason: "REQUEST_SILENT",
    message: `The client sent nothing of its request for ${ms / 1000} s.`,
    remedy:
      "Call again, and send the request without a pause; an upload in several calls may pause between them.",
  });
}

/** RESOURCE_EXHAUSTED, reason MESSAGE_TOO_LARGE: for a request without credentials. */
export function unknownCallerTooLarge(limit: number): ConnectError {
  return typedError({
    code: Code.ResourceExhausted,
    reason: "MESSAGE_TOO_LARGE",
    message: `A request without credentials is larger than the limit of ${limit} bytes.`,
    remedy: "Send only what the method needs.",
    metadata: { limit_bytes: String(limit) },
  });
}

/** Whether an error carries a reason. */
export function isTyped(error: unknown): error is ConnectError {
  return error instanceof ConnectError && error.findDetails(ErrorInfoSchema).length > 0;
}

/**
 * Converts what a handler threw into the client's error: always with a reason, never with a stack or with headers of
 * a call that the handler made itself, and never larger than clients accept. An error that is not a ConnectError is
 * logged with an incident number.
 */
export function handlerError(error: unknown, method: string, log: Log): ConnectError {
  if (error instanceof ConnectError) {
    const typed = isTyped(error) ? undefined : encodeError(readTypedError(error));
    const clean = new ConnectError(error.rawMessage, error.code, undefined, undefined, error.cause);
    clean.details = [...(typed?.details ?? []), ...error.details.filter(isForClients).map(readable)];
    return limitError(clean);
  }
  const incident = newIncident();
  log.error("Call failed unexpectedly", { incident, method, error: stackOf(error) });
  return typedError({
    code: Code.Internal,
    reason: "INTERNAL",
    message: `The host failed unexpectedly (incident ${incident}).`,
    remedy: `Look for incident ${incident} in the host's log, and report it.`,
    metadata: { incident },
  });
}

/** The same error with the id of its call, in place of one that a plugin named, and without metadata. */
export function nameCall(error: ConnectError, callId: string): ConnectError {
  const named = new ConnectError(error.rawMessage, error.code);
  const others = error.details.filter((detail) => typeOf(detail) !== RequestInfoSchema.typeName);
  named.details = [...others, requestInfo(callId)];
  return limitError(named);
}

const known = createRegistry(...detailSchemas);

type Detail = ConnectError["details"][number];

const typeOf = (detail: Detail) => ("type" in detail ? detail.type : detail.desc.typeName);

/** BuildKit's own details, which are JSON, have stacks and whole Dockerfiles. */
function isForClients(detail: Detail): boolean {
  return !("type" in detail && detail.type.endsWith("+json"));
}

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

/** Adds the reason to an error that the RPC library raised about a request's bytes. */
export function requestError(error: ConnectError, limits: ServerLimits): ConnectError {
  const { code, rawMessage } = error;
  // The library reports malformed bytes of a request as INTERNAL.
  const isMalformed = rawMessage.startsWith("parse binary: ");
  switch (isMalformed ? Code.InvalidArgument : code) {
    case Code.ResourceExhausted: {
      if (isTyped(error)) return error;
      const limit = Number(/readMaxBytes (\d+)/.exec(rawMessage)?.[1] ?? limits.maxMessageBytes);
      return typedError({
        code: Code.ResourceExhausted,
        reason: "MESSAGE_TOO_LARGE",
        message: `A message of the request is larger than the limit of ${limit} bytes.`,
        remedy:
          "Send large content in chunks with UploadTar, WriteUpload or AddBlobs, within the limits from Negotiate.",
        metadata: { limit_bytes: String(limit) },
      });
    }
    case Code.InvalidArgument:
      return typedError({
        code: Code.InvalidArgument,
        reason: "MESSAGE_MALFORMED",
        message: `The request cannot be read: ${rawMessage}.`,
        remedy: "Compare the request with the method's message in proto/slipway/v1.",
      });
    default:
      return encodeError(readTypedError(error));
  }
}
