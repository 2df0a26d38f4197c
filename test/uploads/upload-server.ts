import { once } from "node:events";
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import { createConnection } from "node:net";
import { join } from "node:path";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import {
  connectNodeAdapter,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { UploadService } from "../../src/gen/slipway/v1/upload_pb.js";
import { uploadRoutes } from "../../src/host/uploads/upload-service.js";
import { Uploads, type UploadsOptions } from "../../src/host/uploads/uploads.js";
import { tempDir } from "../lab/index.js";

/** The protocols that a host speaks. */
export type Protocol = "grpc" | "grpc-web" | "connect";

/** Serves uploads on a unix socket. */
export async function serveUploads(socket: string, uploads: Uploads): Promise<() => Promise<void>> {
  const server: Http2Server = createServer(
    connectNodeAdapter({ routes: (router) => uploadRoutes(router, uploads) }),
  );
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  await once(server.listen(socket), "listening");
  return async () => {
    for (const session of sessions) session.destroy();
    server.close();
  };
}

/** A client of uploads on a unix socket. */
export function uploadClient(socket: string, protocol: Protocol = "grpc"): Client<typeof UploadService> {
  const options = {
    baseUrl: "http://localhost",
    httpVersion: "2" as const,
    nodeOptions: { createConnection: () => createConnection(socket) },
  };
  const transports: Record<Protocol, () => Transport> = {
    grpc: () => createGrpcTransport(options),
    "grpc-web": () => createGrpcWebTransport(options),
    connect: () => createConnectTransport(options),
  };
  return createClient(UploadService, transports[protocol]());
}

/** Uploads served by this process until the test is over. */
export async function startUploads(options: Partial<UploadsOptions> = {}) {
  const folder = await tempDir();
  const directory = join(folder, "uploads");
  const socket = join(folder, "socket");
  const uploads = await Uploads.open({ directory, ...options });
  const stop = await serveUploads(socket, uploads);
  onTestFinished(async () => {
    await uploads.close();
    await stop();
  });
  return { uploads, directory, socket, client: (protocol?: Protocol) => uploadClient(socket, protocol) };
}
