import { createCertificate } from "../plugin-protocol/certificate.js";
import { formatHandshakeLine } from "../plugin-protocol/handshake-line.js";
import { checkDrivers } from "./capabilities.js";
import type { PluginDefinition } from "./driver-service.js";
import { driverServices } from "./driver-services.js";
import { CannotServe, type HostSettings, isDebugged, readHostSettings } from "./host-settings.js";
import { watchHost } from "./host-watch.js";
import { invitation } from "./invitation.js";
import { log, plainOutput, redirectOutput, setLogModule } from "./log.js";
import { hostSilence, type OperatorSettings, readOperatorSettings } from "./operator-settings.js";
import { makeOwnSocketDir } from "./own-socket-dir.js";
import { PluginServer } from "./plugin-server.js";
import { addPluginServices } from "./plugin-services.js";
import { abortMs, graceMs, openPluginSocket } from "./plugin-socket.js";
import { checkPolicyEngine } from "./policies.js";

/**
 * Makes this process a plugin: the one call of a plugin's main module. Resolves when the host can call, and ends the
 * process when the host requests it or dies. `console` then writes to the log, since stdout belongs to the host.
 *
 * With the variables of operator-settings.ts an operator runs the plugin without a host: it listens on TCP with mutual
 * TLS, and ends on SIGTERM or SIGINT. With SLIPWAY_PLUGIN_DEBUG its author runs it, for example in a debugger: it prints
 * how to attach it to a host, and ends on the same signals. A process that none of them
 * started prints that on stderr and exits with 1.
 */
export async function serve(plugin: PluginDefinition): Promise<void> {
  const debugged = isDebugged(process.env);
  const print = debugged ? plainOutput() : redirectOutput();
  setLogModule(plugin.name);
  try {
    const { drivers = [], policies } = plugin;
    if (drivers.length === 0 && !policies) throw new Error("A plugin needs a driver or a policy engine.");
    checkDrivers(drivers);
    if (policies) checkPolicyEngine(policies);
    if (debugged) return await serveAuthor(plugin, print);
    const operator = readOperatorSettings(process.env);
    if (operator) return await serveOperator(plugin, operator);
    const settings = readHostSettings(plugin.name, process.env);
    await print(`${await start(plugin, settings)}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof CannotServe ? error.message : (error as Error).stack}\n`);
    process.exit(1);
  }
}

async function serveAuthor(plugin: PluginDefinition, print: (text: string) => Promise<void>): Promise<void> {
  const folder = await makeOwnSocketDir();
  const { path, end } = await openPluginSocket(plugin, { folder, canShutDown: false });
  endOnce(end);
  const { line, hint } = invitation(plugin.name, path);
  await print(`${line}\n`);
  process.stderr.write(hint);
}

async function serveOperator(plugin: PluginDefinition, { host, port, tls }: OperatorSettings): Promise<void> {
  const services = driverServices(plugin, undefined);
  const server = new PluginServer({
    listen: { host, port },
    tls,
    silence: hostSilence,
    routes(router) {
      addPluginServices(router);
      services.add(router);
    },
  });
  endOnce(() => {
    services.leases.close();
    void server.close(graceMs, abortMs).then(() => process.exit(0));
  });
  await server.listen();
  log.info(`Listening on ${host}:${port}`);
}

/** Starts to serve and returns the handshake line. */
async function start(plugin: PluginDefinition, settings: HostSettings): Promise<string> {
  const { version, clientCertificate, socketDir } = settings;
  const certificate = clientCertificate ? createCertificate() : undefined;
  const { path, end } = await openPluginSocket(plugin, {
    folder: socketDir ?? (await makeOwnSocketDir()),
    tls: certificate && { cert: certificate.pem, key: certificate.key, ca: clientCertificate! },
    canShutDown: true,
  });
  // A terminal sends SIGINT to the host's whole process group; only the host decides.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", end);
  // The pipe breaks when the host dies.
  process.stderr.on("error", () => {});
  watchHost(settings.heldStdin, (how) => end(`the host died: ${how}`));
  return formatHandshakeLine({ version, address: { network: "unix", path }, certificate: certificate?.der });
}

/** Ends the process on the first signal; the second one kills it. */
function endOnce(end: (signal: string) => void): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
}
