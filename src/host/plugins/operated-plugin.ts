import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import { PluginConnection } from "../../plugin-client/plugin-connection.js";
import type { Manifest, OperatorAddress, RunByOperator } from "../../plugin-protocol/manifest.js";
import { ForeignProcess } from "./foreign-process.js";
import { completeHandshake } from "./handshake.js";
import type { LaunchOptions } from "./launch.js";
import { retryRemedy, StartError } from "./plugin-errors.js";
import { RunningPlugin } from "./running-plugin.js";
import { StartGuard } from "./start-guard.js";

/** Connects with mutual TLS to a plugin that an operator runs. Rejects with {@link StartError}. */
export async function joinOperated(
  manifest: Manifest & RunByOperator,
  options: LaunchOptions,
  signal: AbortSignal,
): Promise<RunningPlugin> {
  const process = new ForeignProcess(manifest.name, options.log, retryRemedy, undefined);
  const guard = new StartGuard(process, options.startTimeoutMs, signal);
  let connection: PluginConnection | undefined;
  try {
    const tls = await tlsOf(manifest.address);
    connection = await guard.step("accept a connection", (over) => PluginConnection.connect(tls, over));
    const running = new RunningPlugin(manifest.name, process, connection, undefined, options.stopTimeoutMs);
    await completeHandshake(manifest, running, connection, { ...options, output: process.output, guard });
    return running;
  } catch (cause) {
    connection?.close();
    process.kill();
    if (cause instanceof StartError) throw cause.with(process.output.lastLines);
    const { host, port } = manifest.address;
    const message = `${host}:${port}: ${(cause as Error).message}`;
    throw new StartError("PLUGIN_START_FAILED", message, {
      cause,
      remedy:
        "Check that its operator runs the plugin at this address, and that both sides trust each other's certificates.",
    });
  } finally {
    guard.close();
  }
}

async function tlsOf({ host, port, tls, serverName }: OperatorAddress) {
  const [ca, cert, key] = await Promise.all([tls.ca, tls.certificate, tls.key].map((file) => readFile(file)));
  return {
    host,
    port,
    ca,
    cert,
    key,
    servername: isIP(serverName) ? undefined : serverName,
    checkServerIdentity: (_host: string, peer: Parameters<typeof checkServerIdentity>[1]) =>
      checkServerIdentity(serverName, peer),
  };
}
