import { existsSync } from "node:fs";
import { createConnection } from "node:net";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { until } from "../lab/index.js";

/** Shuts down a host that a client started, and waits until its socket is removed. */
export async function shutDown(socket: string, { force = false } = {}): Promise<void> {
  const nodeOptions = { createConnection: () => createConnection(socket) };
  const transport = createGrpcTransport({ baseUrl: "http://localhost", nodeOptions });
  await createClient(HostService, transport).shutdown({ force });
  await until("the host to end", async () => !existsSync(socket));
}
