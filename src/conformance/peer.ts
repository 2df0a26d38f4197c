import { type Client, type Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, type GrpcTransportOptions } from "@connectrpc/connect-node";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { GRPCController } from "../gen/plugin/grpc_controller_pb.js";
import { GRPCStdio } from "../gen/plugin/grpc_stdio_pb.js";
import { DriverService } from "../gen/slipway/driver/v1/driver_pb.js";
import { ImageStoreService } from "../gen/slipway/driver/v1/image_store_pb.js";
import { NativeBuildService } from "../gen/slipway/nativebuild/v1/native_build_pb.js";
import { hostCapabilities } from "../plugin-client/host-capabilities.js";
import type { PluginConnection } from "../plugin-client/plugin-connection.js";

/** Maximum size of a message, in bytes, above every limit that is tested. */
const maxBytes = 512 << 20;

/** The kit's Handshake request, with a host's capabilities. */
export const asHost = {
  host: { name: "slipway-conformance", version: "1.0.0" },
  capabilities: hostCapabilities,
};

/** Clients of all services of a plugin. */
export interface Peer {
  connection: PluginConnection;
  driver: Client<typeof DriverService>;
  imageStore: Client<typeof ImageStoreService>;
  nativeBuild: Client<typeof NativeBuildService>;
  health: Client<typeof Health>;
  controller: Client<typeof GRPCController>;
  /** A client that sends another :authority. */
  calledBy(authority: string): Client<typeof DriverService>;
  /** Resolves with the code when StreamStdio has ended; with undefined for OK. */
  stdioEnded: Promise<Code | undefined>;
}

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

function transportOver(session: SessionManager) {
  return createGrpcTransport({
    baseUrl: session.authority,
    sessionManager: session,
    acceptCompression: [],
    readMaxBytes: maxBytes,
    writeMaxBytes: maxBytes,
  });
}

/**
 * Creates the clients of a connection.
 * @param onOutput called with the output that the plugin streams; a plugin in Go blocks until somebody reads it
 */
export function createPeer(connection: PluginConnection, onOutput: (text: string) => void): Peer {
  const transport = transportOver(connection);
  const stdio = createClient(GRPCStdio, transport);
  const drain = async () => {
    for await (const { data } of stdio.streamStdio({})) onOutput(Buffer.from(data).toString());
  };
  const stdioEnded = drain().then(
    () => undefined,
    (cause: unknown) => ConnectError.from(cause).code,
  );
  return {
    connection,
    stdioEnded,
    driver: createClient(DriverService, transport),
    calledBy(name) {
      const session: SessionManager = {
        authority: `https://${name}`,
        request: (method, path, headers) =>
          connection.request(method, path, { ...headers, ":authority": name }),
        notifyResponseByteRead: () => {},
      };
      return createClient(DriverService, transportOver(session));
    },
    imageStore: createClient(ImageStoreService, transport),
    nativeBuild: createClient(NativeBuildService, transport),
    health: createClient(Health, transport),
    controller: createClient(GRPCController, transport),
  };
}
