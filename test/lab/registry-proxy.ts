import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** What happens to a request: an answer, a broken connection, no answer, or nothing out of the ordinary. */
export type Fault = { status: number; headers?: Record<string, string> } | "drop" | "hang" | undefined;

/** One request that came. */
export interface SeenRequest {
  method: string;
  path: string;
  /** The body of a manifest that is put; empty for everything else. */
  manifest: string;
}

/** A registry as seen through a proxy that can be told to fail. */
export interface RegistryProxy {
  /** `127.0.0.1:<port>`. */
  host: string;
  /** Decides on each request from now on. */
  fail(decide: (seen: SeenRequest) => Fault): void;
  /** All requests so far. */
  seen: SeenRequest[];
  stop(): Promise<void>;
}

/** Put a proxy before what listens on `target` (`host:port`, plain http). */
export async function startRegistryProxy(target: string): Promise<RegistryProxy> {
  let decide: (seen: SeenRequest) => Fault = () => undefined;
  const seen: SeenRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const { method = "GET", url: path = "/" } = incoming;
    const isManifest = method === "PUT" && path.includes("/manifests/");
    const body = isManifest ? await buffer(incoming).catch(() => undefined) : incoming;
    if (!body) return;
    const one = { method, path, manifest: Buffer.isBuffer(body) ? body.toString() : "" };
    seen.push(one);
    const fault = decide(one);
    if (fault === "drop") incoming.socket.destroy();
    else if (typeof fault === "object") response.writeHead(fault.status, fault.headers).end();
    else if (fault === undefined) forward(target, incoming, body, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail(next) {
      decide = next;
    },
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function forward(
  target: string,
  incoming: IncomingMessage,
  body: Buffer | IncomingMessage,
  response: ServerResponse,
): void {
  const [hostname, port] = target.split(":");
  // The Host header stays: the registry makes its URLs from it, and so they lead through here.
  const { method, url: path, headers } = incoming;
  const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on("error", () => response.destroy());
  if (Buffer.isBuffer(body)) outgoing.end(body);
  else body.pipe(outgoing);
}
