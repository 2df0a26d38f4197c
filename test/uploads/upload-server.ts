import { createConnection } from "node:net";
import { join } from "node:path";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { UploadService } from "../../src/gen/slipway/v1/upload_pb.js";
import { uploadService } from "../../src/host/api/upload-service.js";
import { createLog } from "../../src/host/base/log.js";
import { type Server, startServer } from "../../src/host/server/server.js";
import { Uploads, type UploadsOptions } from "../../src/host/uploads/uploads.js";
import { tempDir } from "../lab/index.js";

/** The protocols of a host. */
export type Protocol = "grpc" | "grpc-web" | "connect";

/** Serves uploads on a unix socket, like a host. */
export function serveUploads(socket: string, uploads: Uploads): Promise<Server> {
  return startServer({
    routes: (router) => router.service(UploadService, uploadService(uploads)),
    listen: { unixPath: socket },
    log: createLog("error"),
  });
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

/** Serves uploads in this process until the test ends. */
export async function startUploads(options: Partial<UploadsOptions> = {}) {
  const folder = await tempDir();
  const directory = join(folder, "uploads");
  const socket = join(folder, "socket");
  const uploads = await Uploads.open({ folder: directory, ...options });
  const server = await serveUploads(socket, uploads);
  onTestFinished(async () => {
    await uploads.close();
    await server.close({ graceMs: 0 });
  });
  return { uploads, directory, socket, client: (protocol?: Protocol) => uploadClient(socket, protocol) };
}
