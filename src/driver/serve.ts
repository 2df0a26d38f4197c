import { rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ConnectRouter } from "@connectrpc/connect";
import { DriverService } from "../gen/slipway/driver/v1/driver_pb.js";
import { ImageStoreService } from "../gen/slipway/driver/v1/image_store_pb.js";
import { NativeBuildService } from "../gen/slipway/nativebuild/v1/native_build_pb.js";
import { createCertificate } from "../plugin-protocol/certificate.js";
import { formatHandshakeLine } from "../plugin-protocol/handshake-line.js";
import { checkDrivers } from "./capabilities.js";
import { Dialer } from "./dial.js";
import { driverService, type PluginDefinition } from "./driver-service.js";
import { DriverTable } from "./driver-table.js";
import { CannotServe, type HostSettings, readHostSettings } from "./host-settings.js";
import { watchHost } from "./host-watch.js";
import { imageStoreService } from "./image-store-service.js";
import { log, redirectOutput, setLogModule } from "./log.js";
import { nativeBuildService } from "./native-build-service.js";
import { type OperatorSettings, readOperatorSettings } from "./operator-settings.js";
import { makeOwnSocketDir } from "./own-socket-dir.js";
import { PluginServer } from "./plugin-server.js";
import { addPluginServices } from "./plugin-services.js";

/** How long running calls may continue after shutdown is requested, in milliseconds. */
const graceMs = 1000;
/** How long they may take after their signals abort, in milliseconds. A host kills the plugin 2 s after Shutdown. */
const abortMs = 500;

/**
 * Makes this process a plugin: the one call of a plugin's main module. Resolves when the host can call, and ends the
 * process when the host requests it or dies. `console` then writes to the log, since stdout belongs to the host.
 *
 * With the variables of operator-settings.ts an operator runs the plugin without a host: it listens on TCP with mutual
 * TLS, and ends on SIGTERM or SIGINT. When neither a host nor an operator started the process, it says so on stderr and
 * exits with 1.
 */
export async function serve(plugin: PluginDefinition): Promise<void> {
  const print = redirectOutput();
  setLogModule(plugin.name);
  try {
    checkDrivers(plugin.drivers);
    const operator = readOperatorSettings(process.env);
    if (operator) return await serveOperator(plugin, operator);
    const settings = readHostSettings(plugin.name, process.env);
    await print(`${await start(plugin, settings)}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof CannotServe ? error.message : (error as Error).stack}\n`);
    process.exit(1);
  }
}

async function serveOperator(plugin: PluginDefinition, { host, port, tls }: OperatorSettings): Promise<void> {
  const server = new PluginServer({
    listen: { host, port },
    tls,
    routes(router) {
      addPluginServices(router);
      addDriverServices(router, plugin);
    },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void server.close(graceMs, abortMs).then(() => process.exit(0)));
  }
  await server.listen();
  log.info(`Listening on ${host}:${port}`);
}

function addDriverServices(router: ConnectRouter, plugin: PluginDefinition, dialer?: Dialer): void {
  const table = new DriverTable(plugin.drivers);
  router.service(DriverService, driverService(plugin, table, dialer));
  router.service(ImageStoreService, imageStoreService(table));
  router.service(NativeBuildService, nativeBuildService(table));
}

/** Starts to serve and returns the handshake line. */
async function start(plugin: PluginDefinition, settings: HostSettings): Promise<string> {
  const { version, clientCertificate, socketDir } = settings;
  const folder = socketDir ?? (await makeOwnSocketDir());
  const path = join(folder, `plugin${process.pid}`);
  const certificate = clientCertificate ? createCertificate() : undefined;
  const dialer = new Dialer(folder);

  const server = new PluginServer({
    listen: { path },
    tls: certificate && { cert: certificate.pem, key: certificate.key, ca: clientCertificate! },
    routes(router) {
      addPluginServices(router, () => void end("Shutdown"));
      addDriverServices(router, plugin, dialer);
    },
  });

  let ending = false;
  const end = async (why: string) => {
    if (ending) return;
    ending = true;
    log.debug(`Shutting down: ${why}`);
    await server.close(graceMs, abortMs);
    dialer.close();
    rmSync(path, { force: true });
    try {
      rmdirSync(folder);
    } catch {
      // The host uses the folder for other files, or has deleted it.
    }
    process.exit(0);
  };

  // A terminal sends SIGINT to the host's whole process group; only the host decides.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => void end("SIGTERM"));
  // The pipe breaks when the host dies.
  process.stderr.on("error", () => {});
  watchHost(settings.heldStdin, (how) => void end(`the host died: ${how}`));

  await server.listen();
  return formatHandshakeLine({ version, address: { network: "unix", path }, certificate: certificate?.der });
}
