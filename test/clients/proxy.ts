import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A TCP proxy that counts what clients send, and can cut their connections. */
export interface Proxy {
  port: number;
  /** Bytes that clients have sent so far. */
  sent(): number;
  /** Connections that clients have made so far. */
  connections(): number;
  /** Closes all connections. New ones are accepted. */
  cut(): void;
}

/** Starts a proxy for a local port, which is queried at each connection. It ends with the test. */
export async function startProxy(target: () => number): Promise<Proxy> {
  const open = new Set<Socket>();
  let [sent, connections] = [0, 0];
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect(target(), "127.0.0.1");
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        open.delete(socket);
        other.destroy();
      });
    }
    client.on("data", ({ length }) => {
      sent += length;
    });
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  onTestFinished(() => {
    server.close();
    cut();
  });
  return {
    port: (server.address() as { port: number }).port,
    sent: () => sent,
    connections: () => connections,
    cut,
  };
}
