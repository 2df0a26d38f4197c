import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What happens to a request: an answer with that status, a broken connection, no answer, or nothing out of the ordinary. */
export type Fault = number | "drop" | "hang" | undefined;

/** A registry as seen through a proxy that can be told to fail. */
export interface RegistryProxy {
  /** `127.0.0.1:<port>`. */
  host: string;
  /** Decides on each request from now on. */
  fail(decide: (method: string, path: string) => Fault): void;
  /** "METHOD path" of every request so far. */
  requests: string[];
  stop(): Promise<void>;
}

/** Put a proxy before what listens on `target` (`host:port`, plain http). */
export async function startRegistryProxy(target: string): Promise<RegistryProxy> {
  let decide: (method: string, path: string) => Fault = () => undefined;
  const requests: string[] = [];
  const server = createServer((incoming, response) => {
    const [method = "GET", path = "/"] = [incoming.method, incoming.url];
    requests.push(`${method} ${path}`);
    const fault = decide(method, path);
    if (fault === "drop") incoming.socket.destroy();
    else if (typeof fault === "number") response.writeHead(fault).end();
    else if (fault === undefined) forward(target, incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail(next) {
      decide = next;
    },
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function forward(target: string, incoming: IncomingMessage, response: ServerResponse): void {
  const [hostname, port] = target.split(":");
  // The Host header stays: the registry makes its URLs from it, and so they lead through here.
  const { method, url: path, headers } = incoming;
  const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on("error", () => response.destroy());
  incoming.pipe(outgoing);
}
