import type { ClientRequest, IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";
import type { Api } from "../cluster/api.js";
import { refusal, unreachable } from "../cluster/faults.js";
import { kinds } from "../cluster/kinds.js";
import { readStatus } from "../cluster/read-status.js";
import { ExecStream, execProtocols } from "./exec-stream.js";

/** How long the API server may take to start a command, in milliseconds. */
const startMs = 20_000;

/** Starts a command in a pod's container, and returns its standard streams. Failures are typed. */
export async function exec(
  api: Api,
  pod: string,
  container: string,
  command: string[],
  signal: AbortSignal,
  protocols = execProtocols,
): Promise<ExecStream> {
  const url = new URL(`${api.server.replace(/^http/, "ws")}${api.path(kinds.pods, pod)}/exec`);
  url.search = new URLSearchParams([
    ...command.map((word) => ["command", word] as [string, string]),
    ...Object.entries({ container, stdin: "true", stdout: "true", stderr: "true" }),
  ]).toString();
  const socket = new WebSocket(url, protocols, {
    ...((await api.connectionOptions()) as object),
    handshakeTimeout: startMs,
    perMessageDeflate: false,
    maxPayload: 0,
    skipUTF8Validation: true,
  });
  return new Promise((resolve, reject) => {
    const stream = new ExecStream(socket);
    const fail = (error: unknown) => {
      signal.removeEventListener("abort", abort);
      stream.on("error", () => {}).destroy();
      reject(signal.aborted ? signal.reason : error);
    };
    const abort = () => fail(signal.reason);
    signal.addEventListener("abort", abort);
    socket.once("open", () => {
      signal.removeEventListener("abort", abort);
      stream.off("error", failed);
      resolve(stream);
    });
    const failed = (error: Error) => fail(unreachable(api.server, error));
    stream.once("error", failed);
    // Destroying the socket ends the request too.
    socket.once("unexpected-response", async (_request: ClientRequest, response: IncomingMessage) => {
      const status = readStatus(await text(response).catch(() => ""));
      const operation = { verb: "get", resource: "pods/exec", namespace: api.namespace, name: pod };
      fail(refusal(api.server, response.statusCode ?? 0, status, operation));
    });
    if (signal.aborted) abort();
  });
}
