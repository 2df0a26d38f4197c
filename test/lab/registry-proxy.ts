import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** Handling of a request: send this response, drop the connection, never respond, or (undefined) forward it. */
export type Fault = { status: number; headers?: Record<string, string> } | "drop" | "hang" | undefined;

/** One received request. */
export interface SeenRequest {
  method: string;
  path: string;
  /** The body of an uploaded manifest; empty for other requests. */
  manifest: string;
}

/** A registry behind a proxy that injects faults. */
export interface RegistryProxy {
  /** `127.0.0.1:<port>`. */
  host: string;
  /** Decides on each request from the next one on. */
  fail(decide: (seen: SeenRequest) => Fault): void;
  /** All requests so far. */
  seen: SeenRequest[];
  stop(): Promise<void>;
}

/** Start a proxy to the registry at `target` (`host:port`, plain HTTP). */
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
  // Keep the Host header: the registry derives its URLs from it, so they point to this proxy.
  const { method, url: path, headers } = incoming;
  const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on("error", () => response.destroy());
  if (Buffer.isBuffer(body)) outgoing.end(body);
  else body.pipe(outgoing);
}
