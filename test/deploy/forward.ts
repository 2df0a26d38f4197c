import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** An address of TCP. */
export interface Address {
  host: string;
  port: number;
}

/**
 * Forwards the connections to an address until the test ends, each to what `target` names then, and returns the address.
 * A connection is closed when it has no target. Without the proxy of a cluster this is how its services are reached.
 */
export async function forward(
  { host, port = 0 }: { host: string; port?: number },
  target: () => Address | undefined,
): Promise<Address> {
  const sockets = new Set<Socket>();
  const server = createServer((inner) => {
    const to = target();
    if (!to) return void inner.destroy();
    const outer = createConnection(to);
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(port, host);
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return { host, port: (server.address() as AddressInfo).port };
}
