import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** What the proxy does instead of asking the registry: an answer, or a connection that breaks. */
export type Fault = { status: number; headers?: Record<string, string> } | "drop" | undefined;

/** One request that came. */
export interface SeenRequest {
  method: string;
  path: string;
  /** The body of a manifest; empty for everything else. */
  manifest: string;
}

/** A registry that sometimes fails. */
export interface FaultProxy {
  /** `127.0.0.1:<port>`. */
  host: string;
  /** All requests so far. */
  seen: SeenRequest[];
}

/** Puts a proxy in front of a real registry until the test is over. */
export async function startFaultProxy(
  registry: string,
  fault: (seen: SeenRequest) => Fault,
): Promise<FaultProxy> {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming).catch(() => undefined);
    if (!body) return;
    const { method = "", url: path = "" } = incoming;
    const manifest = path.includes("/manifests/") ? body.toString() : "";
    seen.push({ method, path, manifest });
    const happens = fault({ method, path, manifest });
    if (happens === "drop") return incoming.socket.destroy();
    if (happens) return outgoing.writeHead(happens.status, happens.headers).end();
    const headers = {
      ...incoming.headers,
      "transfer-encoding": undefined,
      "content-length": String(body.length),
    };
    const [host, port] = registry.split(":");
    const asked = request({ host, port, method, path, headers: defined(headers) });
    asked.on("error", () => incoming.socket.destroy());
    asked.end(body);
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
    answer.pipe(outgoing);
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function defined<T>(values: Record<string, T | undefined>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<
    string,
    T
  >;
}
