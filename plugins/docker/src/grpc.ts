import { type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { Code, driverError } from "../../../src/driver/index.js";
import type { EngineAddress } from "../../engine/src/address.js";
import { answerTimeoutMs, connectEngine } from "../../engine/src/connect.js";
import { messageOf } from "../../engine/src/explain-answer.js";
import { explainEngineError, explainTlsRequired } from "../../engine/src/explain-error.js";

/**
 * Opens a byte stream to the BuildKit inside an Engine, by the upgrade of `POST /grpc`: HTTP/2 with prior knowledge
 * from then on, without the negotiation of RFC 7540. Failures are typed.
 */
export async function connectGrpc(address: EngineAddress, signal: AbortSignal): Promise<Duplex> {
  const socket = await connectEngine(address, signal);
  try {
    return await upgraded(
      socket,
      address,
      AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs(address))]),
    );
  } catch (error) {
    socket.on("error", () => {}).destroy();
    throw explainEngineError(error, address);
  }
}

async function upgraded(socket: Duplex, address: EngineAddress, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const headers = { Host: "docker", Connection: "Upgrade", Upgrade: "h2c" };
    const call = request({ method: "POST", path: "/grpc", headers, createConnection: () => socket });
    const abort = () => call.destroy(signal.reason);
    signal.addEventListener("abort", abort);
    call.on("close", () => signal.removeEventListener("abort", abort));
    call.on("upgrade", (_response, stream, head) => {
      // Only the opening can be cancelled.
      signal.removeEventListener("abort", abort);
      if (head.length > 0) stream.unshift(head);
      resolve(stream);
    });
    call.on("response", (response) => refusal(response, address).then(reject, reject));
    call.on("error", (error) => reject(signal.aborted ? signal.reason : error));
    call.end();
  });
}

async function refusal(response: IncomingMessage, address: EngineAddress): Promise<Error> {
  const answer = (await text(response)).trim();
  const status = response.statusCode ?? 0;
  const tlsRequired = explainTlsRequired(answer, address);
  if (tlsRequired) return tlsRequired;
  const message = `the Docker Engine at ${address.endpoint} does not lead to BuildKit: POST /grpc was answered with ${status} ${messageOf(answer)}`;
  if (status === 401 || status === 403)
    return driverError({
      code: Code.PermissionDenied,
      reason: "ENGINE_GRPC_FORBIDDEN",
      message,
      remedy: "Let the proxy or authorization plugin before the Engine allow POST /grpc.",
    });
  return driverError({
    code: Code.FailedPrecondition,
    reason: "ENGINE_WITHOUT_BUILDKIT",
    message,
    remedy: "Use Docker Engine 18.09 or newer, or the driver docker-container or remote.",
  });
}
