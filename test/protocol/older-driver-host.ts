import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { GRPCController } from "../../src/gen/plugin/grpc_controller_pb.js";
import type { Log } from "../../src/host/base/log.js";
import { thisMachine } from "../../src/host/plugins/discovery.js";
import { PluginChild } from "../../src/host/plugins/plugin-child.js";
import { PluginConnection } from "../../src/plugin-client/plugin-connection.js";
import { pluginEnvironment } from "../../src/plugin-client/plugin-environment.js";
import { createCertificate } from "../../src/plugin-protocol/certificate.js";
import { maxMessageBytes } from "../../src/plugin-protocol/connection.js";
import { parseHandshakeLine } from "../../src/plugin-protocol/handshake-line.js";
import { parseManifest } from "../../src/plugin-protocol/manifest.js";
import { type AnyClient, binaryOptions } from "./frozen.js";

/** A plugin's process, used by a host that knows only the frozen protocol. */
export interface OlderPlugin {
  pid: number;
  /** Creates a client of one of its services. */
  client(service: DescService): AnyClient;
  /** Stops the process; resolves with a description of its exit. */
  shutdown(): Promise<string>;
  /** Kills the process. */
  kill(): void;
}

/** Starts a plugin by go-plugin's contract, with its sockets in `socketDir`. The caller sends all messages. */
export async function launchAsOlder(folder: string, socketDir: string, log: Log): Promise<OlderPlugin> {
  const text = await readFile(join(folder, "slipway-plugin.json"), "utf8");
  const manifest = parseManifest(text, folder, thisMachine);
  if (!manifest.command) throw new Error(`The plugin ${manifest.name} is started by its operator.`);
  const certificate = createCertificate();
  const child = new PluginChild(
    manifest,
    folder,
    pluginEnvironment(process.env, certificate.pem, socketDir),
    log,
  );
  try {
    const line = parseHandshakeLine(await child.firstLine);
    const connection = await PluginConnection.open(line, certificate, AbortSignal.timeout(30_000));
    const transport = createGrpcTransport({
      baseUrl: connection.authority,
      sessionManager: connection,
      binaryOptions,
      acceptCompression: [],
      readMaxBytes: maxMessageBytes,
      writeMaxBytes: maxMessageBytes,
    });
    return {
      pid: child.pid!,
      client: (service) => createClient(service, transport) as Client<DescService> as AnyClient,
      async shutdown() {
        await createClient(GRPCController, transport)
          .shutdown({})
          .catch(() => {});
        const { text } = await child.exited;
        connection.close();
        return text;
      },
      kill() {
        connection.close();
        child.kill("SIGKILL");
      },
    };
  } catch (cause) {
    child.kill("SIGKILL");
    throw cause;
  }
}
