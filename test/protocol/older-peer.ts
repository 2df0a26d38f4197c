import { once } from "node:events";
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import { createConnection } from "node:net";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, type ConnectRouter, createClient, type Transport } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { tempDir } from "../lab/index.js";
import { type AnyClient, binaryOptions, firstLanded, forwardAll } from "./first-landed.js";

/** A client that knows only the first publication of the protocol. */
export async function olderClient(socket: string): Promise<(service: string) => AnyClient> {
  const services = await firstLanded();
  const transport = older(socket);
  return (name) =>
    createClient(services(`slipway.v1.${name}`), transport) as Client<DescService> as AnyClient;
}

/**
 * Starts a host that knows only the first publication of the protocol: a proxy in front of a real host that uses the old
 * descriptors and has no other methods. Returns its socket.
 */
export async function olderHost(socket: string): Promise<string> {
  const services = await firstLanded();
  const transport = older(socket);
  const routes = (router: ConnectRouter) => {
    for (const name of ["SystemService", "BuilderService", "BuildService", "DriverService"]) {
      const service = services(`slipway.v1.${name}`);
      const methods = forwardAll(
        service,
        createClient(service, transport) as Client<DescService> as AnyClient,
      );
      router.service(service, methods as never, { binaryOptions } as never);
    }
  };
  const sessions = new Set<ServerHttp2Session>();
  const server: Http2Server = createServer(connectNodeAdapter({ routes, ...{ binaryOptions } } as never));
  server.on("session", (session) => sessions.add(session));
  const path = join(await tempDir(), "older.sock");
  server.listen(path);
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const session of sessions) session.destroy();
  });
  return path;
}

function older(socket: string): Transport {
  return createGrpcTransport({
    baseUrl: "http://localhost",
    binaryOptions,
    nodeOptions: { createConnection: () => createConnection(socket), maxSessionMemory: 100 },
  });
}
