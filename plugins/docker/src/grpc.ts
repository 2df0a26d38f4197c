import type { Duplex } from "node:stream";
import { Code, driverError, withPeriod } from "slipway/driver";
import type { EngineAddress } from "../../engine/src/address.js";
import { messageOf } from "../../engine/src/explain-answer.js";
import { explainTlsRequired } from "../../engine/src/explain-error.js";
import { upgrade } from "../../engine/src/upgrade.js";

/**
 * Opens a byte stream to the BuildKit inside an Engine by upgrading `POST /grpc`. The stream speaks HTTP/2 with prior
 * knowledge, without the negotiation of RFC 7540. Failures are typed.
 */
export function connectGrpc(address: EngineAddress, signal: AbortSignal): Promise<Duplex> {
  return upgrade(address, { path: "/grpc", protocol: "h2c" }, signal, (status, answer) =>
    refusal(status, answer, address),
  );
}

function refusal(status: number, answer: string, address: EngineAddress): Error {
  const tlsRequired = explainTlsRequired(answer, address);
  if (tlsRequired) return tlsRequired;
  const message = withPeriod(
    `The Docker Engine at ${address.endpoint} does not give access to BuildKit: it answered POST /grpc with ${status} ${messageOf(answer)}`,
  );
  if (status === 401 || status === 403)
    return driverError({
      code: Code.PermissionDenied,
      reason: "ENGINE_GRPC_FORBIDDEN",
      message,
      remedy: "Allow POST /grpc in the proxy or authorization plugin in front of the Engine.",
    });
  return driverError({
    code: Code.FailedPrecondition,
    reason: "ENGINE_WITHOUT_BUILDKIT",
    message,
    remedy: "Use Docker Engine 18.09 or newer, or the driver docker-container or remote.",
  });
}
