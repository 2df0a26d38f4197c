import { Code, ConnectError } from "@connectrpc/connect";
import type { Reason } from "../errors/reasons.js";
import { readTypedError, typedError } from "../errors/typed-error.js";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { formatHostAddress, type HostAddress } from "../host-address/address.js";

/**
 * Assigns a reason to a connection error of Node.js: HOST_NOT_RUNNING, HOST_UNREACHABLE, HOST_NOT_PERMITTED,
 * HOST_CERTIFICATE_REFUSED or HOST_CONNECTION_LOST. Other errors keep their code and message.
 */
export function typeConnectionError(error: unknown, address: HostAddress): ConnectError {
  const connectError = ConnectError.from(error);
  if (connectError.findDetails(ErrorInfoSchema).length > 0) return connectError;
  const system = systemError(error) ?? resetOf(connectError);
  if (!system) return connectError;
  const where = formatHostAddress(address);
  const make = (code: Code, reason: Reason, message: string, remedy: string) =>
    typedError({ code, reason, message, remedy, metadata: { address: where, cause: system.code } });
  switch (system.code) {
    case "ENOENT":
    case "ECONNREFUSED":
      return make(
        Code.Unavailable,
        "HOST_NOT_RUNNING",
        `No host listens on ${where}.`,
        "Start one with `slipway serve`, or set SLIPWAY_HOST to the address of one.",
      );
    case "EACCES":
    case "EPERM":
      return make(
        Code.PermissionDenied,
        "HOST_NOT_PERMITTED",
        `This user is not permitted to open ${where}.`,
        "Use your own host; only its user can open its socket.",
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return make(
        Code.Unavailable,
        "HOST_UNREACHABLE",
        `The host at ${where} cannot be reached: ${system.message}.`,
        "Check SLIPWAY_HOST and the network.",
      );
    case "ECONNRESET":
    case "EPIPE":
    case "ERR_HTTP2_STREAM_CANCEL":
    case "ERR_HTTP2_SESSION_ERROR":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return make(
        Code.Unavailable,
        "HOST_CONNECTION_LOST",
        `The connection to ${where} was lost: ${system.message}.`,
        "See the host's log. An accepted build can be watched again by its id.",
      );
    default:
      if (!isTlsCode(system.code)) return connectError;
      return make(
        Code.Unavailable,
        "HOST_CERTIFICATE_REFUSED",
        `The TLS connection to ${where} failed: ${system.message}.`,
        "Put the host's certificate authority into the folder SLIPWAY_CERT_PATH, and your own certificate if the host requires one.",
      );
  }
}

/** UNIMPLEMENTED, reason HOST_LACKS_CALL, for a call that an older host lacks; undefined for other errors. */
export function typeMissingCall(
  error: unknown,
  { service, method }: { service: { typeName: string }; method: { name: string } },
): ConnectError | undefined {
  const { code, domain, reason } = readTypedError(error);
  if (code !== Code.Unimplemented || (domain && reason !== "METHOD_UNKNOWN")) return undefined;
  return typedError({
    code,
    reason: "HOST_LACKS_CALL",
    message: `The host does not have ${service.typeName}/${method.name}: it is older than this client.`,
    remedy: "Update the host. A host that a command started ends when it is idle.",
    metadata: { method: `${service.typeName}/${method.name}` },
  });
}

/** The first error in the chain of causes that has a Node.js error code. */
function systemError(error: unknown): { code: string; message: string } | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ("code" in each && typeof each.code === "string") return { code: each.code, message: each.message };
  }
  return undefined;
}

/** A connection that was lost during a call, as the RPC library reports it. */
function resetOf(error: ConnectError): { code: string; message: string } | undefined {
  const isReset = error.code === Code.Canceled && error.rawMessage.startsWith("http/2 stream closed");
  return isReset ? { code: "ECONNRESET", message: error.rawMessage } : undefined;
}

const isTlsCode = (code: string) =>
  /^(ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/.test(code);
