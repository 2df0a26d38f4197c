import { ConnectError } from "@connectrpc/connect";
import { PluginConnection } from "../../plugin-client/plugin-connection.js";
import { pluginEnvironment } from "../../plugin-client/plugin-environment.js";
import { createCertificate } from "../../plugin-protocol/certificate.js";
import { parseHandshakeLine, UnknownVersion } from "../../plugin-protocol/handshake-line.js";
import type { Manifest, StartedByHost } from "../../plugin-protocol/manifest.js";
import type { Log } from "../base/log.js";
import { completeHandshake, type HostIdentity } from "./handshake.js";
import { PluginChild } from "./plugin-child.js";
import { StartError } from "./plugin-errors.js";
import { RunningPlugin } from "./running-plugin.js";
import { createSocketDir, removeSocketDir } from "./socket-dir.js";
import { StartGuard } from "./start-guard.js";

/** Options to start plugins. */
export interface LaunchOptions extends HostIdentity {
  /** Folder for sockets; only this user may access it. */
  runtimeDir: string;
  /** Environment of the plugins; default: the host's environment. */
  env: NodeJS.ProcessEnv;
  /** Log for the plugins' lines. */
  log: Log;
  /** Timeout from the start of the process to the answer to Handshake, in milliseconds. */
  startTimeoutMs: number;
  /** How long a plugin may take to exit after Shutdown, and again after SIGTERM, in milliseconds. */
  stopTimeoutMs: number;
}

/**
 * Starts a plugin's process and completes the handshake. Rejects with {@link StartError} after the process has ended and
 * its sockets are removed. The signal aborts the start.
 */
export async function launch(
  manifest: Manifest & StartedByHost,
  folder: string,
  options: LaunchOptions,
  signal: AbortSignal,
): Promise<RunningPlugin> {
  const certificate = createCertificate();
  const socketDir = await createSocketDir(options.runtimeDir).catch((cause: Error) => {
    throw new StartError("PLUGIN_START_FAILED", cause.message, { cause });
  });
  let child: PluginChild | undefined;
  let connection: PluginConnection | undefined;
  let guard: StartGuard | undefined;
  try {
    const env = pluginEnvironment(options.env, certificate.pem, socketDir);
    child = spawnChild(manifest, folder, env, options.log);
    const { firstLine, output } = child;
    guard = new StartGuard(child, options.startTimeoutMs, signal);
    const line = readLine(await guard.step("write its handshake line", () => firstLine));
    connection = await guard.step("accept a connection", (over) =>
      PluginConnection.open(line, certificate, over),
    );
    const running = new RunningPlugin(manifest.name, child, connection, socketDir, options.stopTimeoutMs);
    await completeHandshake(manifest, running, connection, { ...options, output, guard });
    return running;
  } catch (cause) {
    connection?.close();
    child?.kill("SIGKILL");
    const exit = await child?.exited;
    await removeSocketDir(socketDir);
    const error =
      cause instanceof StartError
        ? cause
        : new StartError("PLUGIN_START_FAILED", messageOf(cause), { cause });
    throw error.with(child?.output.lastLines ?? [], error.reason === "PLUGIN_EXITED" ? exit : undefined);
  } finally {
    guard?.close();
  }
}

function spawnChild(
  manifest: Manifest & StartedByHost,
  folder: string,
  env: NodeJS.ProcessEnv,
  log: Log,
): PluginChild {
  try {
    return new PluginChild(manifest, folder, env, log);
  } catch (cause) {
    // Some errors are thrown synchronously, for example for an argument that is too long.
    throw new StartError("PLUGIN_START_FAILED", messageOf(cause), { cause });
  }
}

function readLine(line: string) {
  try {
    return parseHandshakeLine(line);
  } catch (cause) {
    const shown = line.length > 200 ? `${line.slice(0, 200)}…` : line;
    const what = `its first line on stdout was ${JSON.stringify(shown)}: ${messageOf(cause)}`;
    if (!(cause instanceof UnknownVersion)) throw new StartError("PLUGIN_BAD_HANDSHAKE", what);
    const remedy = "Install a version of the plugin that fits this host, or change the version of the host.";
    throw new StartError("PLUGIN_PROTOCOL_MISMATCH", what, { remedy });
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof ConnectError
    ? cause.rawMessage
    : cause instanceof Error
      ? cause.message
      : String(cause);
}
