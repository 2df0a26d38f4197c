import { ConnectError } from "@connectrpc/connect";
import { Code, driverError } from "../../../../src/driver/index.js";
import type { EngineAddress } from "./address.js";

interface Explanation {
  code: Code;
  reason: string;
  /** Continues "Docker Engine at <endpoint>: ". */
  message: string;
  remedy: string;
}

const startEngine = "Start the Docker Engine, or select another one (DOCKER_HOST, `docker context use`).";
const remedyForTls =
  "Check DOCKER_CERT_PATH or the Docker context: ca.pem must be of the authority that signed the Engine's certificate.";

/** Says what is wrong when an Engine cannot be talked to. Errors that are typed already stay as they are. */
export function explainEngineError(error: unknown, address: Pick<EngineAddress, "endpoint" | "tls">): Error {
  if (error instanceof ConnectError) return error;
  const { message, ...rest } = explain(error as NodeJS.ErrnoException, Boolean(address.tls));
  return driverError({ ...rest, message: `the Docker Engine at ${address.endpoint} ${message}` });
}

function explain(error: NodeJS.ErrnoException, overTls: boolean): Explanation {
  const code = error.code ?? "";
  switch (code) {
    case "ENOENT":
      return unavailable("ENGINE_SOCKET_MISSING", "has no socket: the file does not exist", startEngine);
    case "ECONNREFUSED":
      return unavailable("ENGINE_REFUSED", "refuses connections: nothing listens there", startEngine);
    case "EACCES":
    case "EPERM":
      return {
        code: Code.PermissionDenied,
        reason: "ENGINE_PERMISSION_DENIED",
        message: "does not let this user in: permission denied",
        remedy:
          "Add the user to the group that owns the socket (usually docker) and log in again, or use a rootless Engine.",
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return unavailable(
        "ENGINE_HOST_UNKNOWN",
        "cannot be found: its host name does not resolve",
        "Correct the host name.",
      );
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return unavailable(
        "ENGINE_TIMEOUT",
        `cannot be reached (${code})`,
        "Check the address, the network and firewalls.",
      );
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return unavailable(
        "ENGINE_TLS_NAME_MISMATCH",
        `has a certificate for another name: ${error.message}`,
        "Use a name that is in the certificate, or give the Engine one with this name.",
      );
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return unavailable(
        "ENGINE_TLS_EXPIRED",
        `has a certificate that ${code === "CERT_HAS_EXPIRED" ? "has expired" : "is not yet valid"}`,
        "Renew the Engine's certificate, and check the clocks of both machines.",
      );
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "CERT_SIGNATURE_FAILURE":
      return unavailable(
        "ENGINE_TLS_UNTRUSTED",
        `has a certificate of an unknown authority: ${error.message}`,
        remedyForTls,
      );
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return unavailable(
        "ENGINE_TLS_NOT_SPOKEN",
        "does not speak TLS on this port",
        "Use the Engine's TLS port (usually 2376), or an endpoint without TLS.",
      );
  }
  if (/^ERR_SSL_.*ALERT/.test(code))
    return {
      code: Code.Unauthenticated,
      reason: "ENGINE_TLS_CLIENT_REFUSED",
      message: `refuses the client's certificate: ${alertOf(error)}`,
      remedy:
        "cert.pem and key.pem must be of a client certificate that the Engine's authority (--tlscacert) has signed.",
    };
  if (/^ERR_(SSL|OSSL)/.test(code))
    return {
      code: Code.InvalidArgument,
      reason: "ENGINE_TLS_FILES_INVALID",
      message: `cannot be talked to with these TLS files: ${error.message}`,
      remedy: "ca.pem, cert.pem and key.pem must be valid PEM, and the key must be that of the certificate.",
    };
  if (error.name === "TimeoutError")
    return unavailable(
      "ENGINE_TIMEOUT",
      "does not answer in time",
      "Check that it is not stuck, and that the network lets you through.",
    );
  if (error.name === "AbortError")
    return {
      code: Code.Canceled,
      reason: "CANCELLED",
      message: "was not waited for: the call was cancelled",
      remedy: "",
    };
  return unavailable(
    "ENGINE_UNREACHABLE",
    `broke off ${overTls ? "the TLS connection" : "the connection"}: ${error.message || code || error.name}`,
    "Look into the log of the Docker Engine.",
  );
}

/** The Engine was spoken to in plain text and wants TLS, which it says in its answer to the first request. */
export function explainTlsRequired(
  answer: string,
  { endpoint }: Pick<EngineAddress, "endpoint">,
): Error | undefined {
  if (!answer.includes("HTTP request to an HTTPS server")) return undefined;
  return driverError({
    code: Code.Unavailable,
    reason: "ENGINE_TLS_REQUIRED",
    message: `the Docker Engine at ${endpoint} speaks only TLS on this port`,
    remedy:
      "Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use tcp://host:port?certPath=/folder/of/pem/files.",
  });
}

function unavailable(reason: string, message: string, remedy: string): Explanation {
  return { code: Code.Unavailable, reason, message, remedy };
}

/** "tlsv13 alert certificate required" from OpenSSL's "0…:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:…". */
function alertOf(error: Error): string {
  return /alert ([a-z ]+)/.exec(error.message)?.[1]?.trim() ?? error.message;
}
