import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import { createConnection } from "node:net";
import { join } from "node:path";
import { createFileRegistry, type DescMethod, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { type Client, type ConnectRouter, createClient, type Transport } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { tempDir } from "../lab/index.js";

/** What an older peer does not know it neither reads nor passes on. */
const binaryOptions = { readUnknownFields: false, writeUnknownFields: false };

/** The services of the client protocol as they were first published, from nothing but their descriptors. */
export async function firstLanded(): Promise<(name: string) => DescService> {
  const file = join(import.meta.dirname, "../fixtures/protocol/first-landed.binpb");
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(file)));
  return (name) => {
    const service = registry.getService(`slipway.v1.${name}`);
    if (!service) throw new Error(`there was no ${name}`);
    return service;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: its messages are known only when it runs.
export type AnyClient = Record<string, (request: any, options?: any) => any>;

/** A client of a host that knows only what was first published. */
export async function olderClient(socket: string): Promise<(service: string) => AnyClient> {
  const services = await firstLanded();
  const transport = older(socket);
  return (name) => createClient(services(name), transport) as Client<DescService> as AnyClient;
}

/**
 * A host that knows only what was first published: it stands before a real one, reads requests and writes responses by
 * the old descriptors, and has no other methods. Returns its socket.
 */
export async function olderHost(socket: string): Promise<string> {
  const services = await firstLanded();
  const transport = older(socket);
  const routes = (router: ConnectRouter) => {
    for (const name of ["SystemService", "BuilderService", "BuildService", "DriverService"]) {
      const service = services(name);
      const client = createClient(service, transport) as Client<DescService> as AnyClient;
      const methods = service.methods.map((method) => [method.localName, forward(client, method)]);
      router.service(service, Object.fromEntries(methods), { binaryOptions } as never);
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

function forward(client: AnyClient, { localName, methodKind }: DescMethod) {
  const call = client[localName]!;
  type Context = { signal: AbortSignal };
  if (methodKind === "server_streaming")
    return (request: unknown, { signal }: Context) => call(request, { signal });
  return async (request: unknown, { signal }: Context) => call(request, { signal });
}

function older(socket: string): Transport {
  return createGrpcTransport({
    baseUrl: "http://localhost",
    binaryOptions,
    nodeOptions: { createConnection: () => createConnection(socket), maxSessionMemory: 100 },
  });
}
