import { type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import type { EngineAddress } from "./address.js";
import { answerTimeoutMs, connectEngine } from "./connect.js";
import { explainEngineError } from "./explain-error.js";

/** The request that upgrades a connection. */
export interface UpgradeRequest {
  /** Path of the API, with its version if it has one. */
  path: string;
  /** The protocol of the stream: "h2c", "tcp". */
  protocol: string;
  /** Sent as JSON. */
  body?: unknown;
}

/**
 * Opens a byte stream through an Engine: a POST that is upgraded from HTTP to another protocol. The stream supports
 * half-closes, and `signal` covers only its opening. Failures are typed; `refused` makes the error of any other answer.
 */
export async function upgrade(
  address: EngineAddress,
  asked: UpgradeRequest,
  signal: AbortSignal,
  refused: (status: number, answer: string) => Error,
): Promise<Duplex> {
  const socket = await connectEngine(address, signal);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs(address))]);
  const outcome = await open(socket, asked, limited).catch((error) => {
    socket.on("error", () => {}).destroy();
    throw explainEngineError(error, address);
  });
  if ("stream" in outcome) return outcome.stream;
  socket.on("error", () => {}).destroy();
  throw refused(outcome.status, outcome.answer);
}

type Outcome = { stream: Duplex } | { status: number; answer: string };

async function open(socket: Duplex, asked: UpgradeRequest, signal: AbortSignal): Promise<Outcome> {
  const outcome = await exchange(socket, asked, signal);
  if ("stream" in outcome) return outcome;
  return { status: outcome.response.statusCode ?? 0, answer: (await text(outcome.response)).trim() };
}

function exchange(
  socket: Duplex,
  { path, protocol, body }: UpgradeRequest,
  signal: AbortSignal,
): Promise<{ stream: Duplex } | { response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string | number> = {
      Host: "docker",
      Connection: "Upgrade",
      Upgrade: protocol,
    };
    if (payload) {
      headers["Content-Type"] = "application/json";
      headers["Content-Length"] = Buffer.byteLength(payload);
    }
    const call = request({ method: "POST", path, headers, createConnection: () => socket });
    const abort = () => call.destroy(signal.reason);
    signal.addEventListener("abort", abort);
    call.on("close", () => signal.removeEventListener("abort", abort));
    call.on("upgrade", (_response, stream, head) => {
      // Only the opening can be cancelled.
      signal.removeEventListener("abort", abort);
      if (head.length > 0) stream.unshift(head);
      resolve({ stream });
    });
    call.on("response", (response) => resolve({ response }));
    call.on("error", (error) => reject(signal.aborted ? signal.reason : error));
    call.end(payload);
  });
}
