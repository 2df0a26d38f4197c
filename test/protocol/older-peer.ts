import { createConnection } from "node:net";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, type ConnectRouter, createClient, type Transport } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { createLog } from "../../src/host/base/log.js";
import type { RequestHandler } from "../../src/host/server/calls.js";
import { Connections } from "../../src/host/server/connections.js";
import { defaultServerLimits } from "../../src/host/server/limits.js";
import { listenUnix } from "../../src/host/server/listen.js";
import { tempDir } from "../lab/index.js";
import { type AnyClient, binaryOptions, fixture, forwardAll, frozen } from "./frozen.js";

/** A client that knows only the frozen protocol. */
export async function olderClient(
  socket: string,
  descriptors = fixture,
): Promise<(service: string) => AnyClient> {
  const services = await frozen(descriptors);
  const transport = older(socket);
  return (name) =>
    createClient(services(`slipway.v1.${name}`), transport) as Client<DescService> as AnyClient;
}

/**
 * Starts a host that knows only the frozen protocol: a proxy in front of a real host that uses the old
 * descriptors and lacks VerifyPlugins. Returns its socket.
 */
export async function olderHost(socket: string): Promise<string> {
  const services = await frozen();
  const transport = older(socket);
  const routes = (router: ConnectRouter) => {
    for (const name of ["HostService", "BuilderService", "BuildService", "PluginService"]) {
      const service = services(`slipway.v1.${name}`);
      const methods = forwardAll(
        service,
        createClient(service, transport) as Client<DescService> as AnyClient,
      );
      // A method that was added later.
      delete methods.verifyPlugins;
      router.service(service, methods as never, { binaryOptions } as never);
    }
  };
  const handler = connectNodeAdapter({ routes, ...{ binaryOptions } } as never);
  const connections = new Connections(handler as RequestHandler, defaultServerLimits, createLog("error"));
  onTestFinished(() => connections.close(0));
  const path = join(await tempDir(), "older.sock");
  await listenUnix(connections.server, path);
  return path;
}

function older(socket: string): Transport {
  return createGrpcTransport({
    baseUrl: "http://localhost",
    binaryOptions,
    nodeOptions: { createConnection: () => createConnection(socket), maxSessionMemory: 100 },
  });
}
