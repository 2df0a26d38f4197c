import type { MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { readTypedError } from "../../errors/typed-error.js";
import { Health, HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.js";
import { GRPCStdio } from "../../gen/plugin/grpc_stdio_pb.js";
import type { CapabilitySchema, PeerSchema } from "../../gen/slipway/driver/v1/capability_pb.js";
import { DriverService, type HandshakeResponse } from "../../gen/slipway/driver/v1/driver_pb.js";
import { PluginConnection } from "../../plugin-client/plugin-connection.js";
import { pluginEnvironment } from "../../plugin-client/plugin-environment.js";
import { createCertificate } from "../../plugin-protocol/certificate.js";
import { defaultMessageBytes, healthServiceName, maxMessageBytes } from "../../plugin-protocol/connection.js";
import { parseHandshakeLine, UnknownVersion } from "../../plugin-protocol/handshake-line.js";
import type { Manifest, StartedByHost } from "../../plugin-protocol/manifest.js";
import type { Log } from "../base/log.js";
import { explainDeath } from "./explain-death.js";
import { PluginChild } from "./plugin-child.js";
import { StartError } from "./plugin-errors.js";
import type { PluginOutput } from "./plugin-output.js";
import { RunningPlugin } from "./running-plugin.js";
import { createSocketDir, removeSocketDir } from "./socket-dir.js";
import { StartGuard } from "./start-guard.js";

/** Options to start plugins. */
export interface LaunchOptions {
  /** Folder for sockets; only this user may access it. */
  runtimeDir: string;
  /** Name and version of the host, for Handshake. */
  host: MessageInitShape<typeof PeerSchema>;
  /** Capabilities of the host, for Handshake. */
  capabilities: MessageInitShape<typeof CapabilitySchema>[];
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
    await greet(manifest, running, connection, { ...options, output, guard });
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

/** Completes the handshake on an open connection. */
export async function greet(
  manifest: Manifest,
  running: RunningPlugin,
  connection: PluginConnection,
  { output, guard, ...options }: LaunchOptions & { output: PluginOutput; guard: StartGuard },
): Promise<void> {
  const early = transport(running, connection, defaultMessageBytes);
  readStdio(early, output);
  const handshake = await guard.step("answer Handshake", (over) => shakeHands(early, options, over));
  checkDrivers(manifest, handshake);
  const limit = Number(handshake.limits?.maxMessageBytes ?? 0n) || defaultMessageBytes;
  running.open(transport(running, connection, Math.min(limit, maxMessageBytes)), handshake);
}

function transport(running: RunningPlugin, connection: PluginConnection, writeMaxBytes: number): Transport {
  return createGrpcTransport({
    baseUrl: connection.authority,
    sessionManager: connection,
    acceptCompression: [],
    readMaxBytes: maxMessageBytes,
    writeMaxBytes,
    interceptors: [explainDeath(running.died, connection.lost)],
  });
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
    const reason = cause instanceof UnknownVersion ? "PLUGIN_PROTOCOL_MISMATCH" : "PLUGIN_BAD_HANDSHAKE";
    throw new StartError(
      reason,
      `its first line on stdout was ${JSON.stringify(shown)}: ${messageOf(cause)}`,
    );
  }
}

async function shakeHands(
  transport: Transport,
  options: LaunchOptions,
  signal: AbortSignal,
): Promise<HandshakeResponse> {
  try {
    const { status } = await createClient(Health, transport).check(
      { service: healthServiceName },
      { signal },
    );
    if (status !== HealthCheckResponse_ServingStatus.SERVING) {
      throw new StartError(
        "PLUGIN_UNHEALTHY",
        `its health service reports ${HealthCheckResponse_ServingStatus[status]}`,
      );
    }
    const { host, capabilities } = options;
    return await createClient(DriverService, transport).handshake({ host, capabilities }, { signal });
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    const { reason, message, remedy } = readTypedError(cause);
    throw new StartError("PLUGIN_HANDSHAKE_FAILED", `it refused Handshake: ${message} (${reason})`, {
      cause,
      remedy,
    });
  }
}

/** Checks the drivers against the manifest, which is used before the plugin has ever run. */
function checkDrivers(manifest: Manifest, { drivers }: HandshakeResponse): void {
  const reported = drivers.map(({ name }) => name).sort();
  const declared = [...manifest.drivers].sort();
  if (reported.join() === declared.join()) return;
  throw new StartError(
    "PLUGIN_DRIVERS_MISMATCH",
    `its manifest declares the drivers ${declared.join(", ")}, but it reports ${reported.join(", ") || "none"}`,
  );
}

/** Reads what a Go plugin prints after the handshake: it arrives only here, and the plugin blocks until it is read. */
function readStdio(transport: Transport, output: PluginOutput): void {
  const writers = [output.writer(), output.writer(), output.writer()];
  const read = async () => {
    for await (const { channel, data } of createClient(GRPCStdio, transport).streamStdio({})) {
      writers[channel]?.(data);
    }
  };
  // The service is optional and ends with the connection.
  read().catch(() => {});
}

function messageOf(cause: unknown): string {
  return cause instanceof ConnectError
    ? cause.rawMessage
    : cause instanceof Error
      ? cause.message
      : String(cause);
}
