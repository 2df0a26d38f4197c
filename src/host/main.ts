import { dirname, join } from "node:path";
import { makePrivateFolder } from "../host-address/address-folder.js";
import { lockInstance } from "../host-address/instance-lock.js";
import { defaultStateDir } from "../host-address/state-folder.js";
import { version } from "../util/version.js";
import { maxMessageBytes } from "./api/limits.js";
import { createLog, type LogLevel, type LogSettings } from "./base/log.js";
import { Closers } from "./closers.js";
import { diagnose } from "./diagnose.js";
import { type FileLog, openFileLog } from "./host-log.js";
import type { HostOptions } from "./host-options.js";
import { openParts } from "./host-parts.js";
import { HostStop } from "./host-stop.js";
import { logProcessFaults } from "./process-faults.js";
import { limitsWith } from "./quotas/limits.js";
import { readKeyFile } from "./sealing/key-file.js";
import { Keyring } from "./sealing/keyring.js";
import { recordSocket } from "./served-socket.js";
import { startServer } from "./server/server.js";
import { addServices } from "./services.js";
import { lockStateFolder } from "./state-folder.js";
import { Successor } from "./successor.js";

/** A running host. */
export interface Host {
  /** Listen addresses. */
  addresses: { unix: string; tcp?: string; metrics?: string };
  /** Resolves when the host has stopped, with what was not closed in time: then the process must exit. */
  ended: Promise<readonly string[]>;
  /**
   * Stops the host: refuses new builds, waits for running ones for 30 s (or cancels them with force), closes everything.
   * Takes at most 60 s (or 30 s).
   */
  stop(options: { force: boolean }): Promise<void>;
  /** Logs lines of this level and above from now on. */
  setLogLevel(level: LogLevel): void;
  /** Logs what is left unfinished when the process exits now. Its plugins are killed with it. */
  abandon(): void;
}

/** Starts a host in this process. On failure it closes everything again and rejects with a typed error. */
export async function runHost(options: HostOptions): Promise<Host> {
  process.umask(0o077);
  const logged: LogSettings = { level: options.logLevel ?? "info", format: options.logFormat ?? "json" };
  let log = createLog(logged);
  let fileLog: FileLog | undefined;
  const limits = limitsWith(options.limits);
  const keyring = options.stateKeyFile ? await readKeyFile(options.stateKeyFile) : new Keyring();
  const stateDir = options.stateDir ?? defaultStateDir(options.socket);

  const closers = new Closers();
  let endLogging = () => {};

  try {
    const runtimeDir = options.activated?.runtimeDir ?? dirname(options.socket);
    // Only the service manager can pass an activated socket, and it does so to one process at a time.
    if (options.activated) await makePrivateFolder(runtimeDir);
    const lock = options.activated
      ? undefined
      : closers.own("lock of the socket", 1_000, await lockInstance(options.socket), (it) => it.release());
    closers.own("lock of the state folder", 1_000, await lockStateFolder(stateDir), (it) => it.release());
    // From here on no other host writes to a file in the state folder.
    if (options.logFile !== undefined) {
      const path = options.logFile === true ? join(stateDir, "host.log") : options.logFile;
      fileLog = openFileLog(path, logged);
      log = fileLog.log;
    }
    const ignoreFaults = logProcessFaults(log);
    endLogging = () => {
      ignoreFaults();
      fileLog?.close();
    };
    const parts = await openParts({ ...options, stateDir, runtimeDir, limits, keyring, log }, closers);
    const { activity, builds, metrics, registry } = parts;

    let markEnded!: (left: readonly string[]) => void;
    const ended = new Promise<readonly string[]>((resolve) => {
      markEnded = resolve;
    });
    const stop = async (how: { force: boolean }) => {
      const left = await hostStop.stop(how);
      endLogging();
      markEnded(left);
    };

    const { idleTimeoutMs } = options;
    const successor =
      idleTimeoutMs === undefined
        ? undefined
        : new Successor({ activity, log, idleTimeoutMs, stop: () => void stop({ force: false }) });
    const server = await startServer({
      routes: (router) =>
        addServices(router, parts, {
          onNewerClient: ({ name, version }) =>
            successor?.await(`the newer client ${name} ${version} called it`),
          diagnose: () => diagnose({ ...options, stateDir, registry }),
          shutdown: (how) => void stop(how),
        }),
      listen: { unixPath: options.socket, unixFd: options.activated?.fd, tcp: options.tcp },
      limits: {
        maxMessageBytes,
        ...(options.silence && { silence: options.silence }),
        maxConnections: limits.connections,
        maxConnectionsPerAddress: limits["address-connections"],
      },
      identities: parts.identities,
      forwarded: parts.peers?.calls,
      quotas: limits,
      activity,
      log,
      lock,
    });
    // A host on a full disk serves, too.
    const record = await recordSocket(stateDir, options.socket).catch((cause: unknown) => {
      log.warn("Commands in an environment with another default socket cannot find this host", {
        error: String(cause),
      });
      return undefined;
    });
    if (record) closers.own("record of the socket", 1_000, record, (it) => it.remove());
    const hostStop = new HostStop({ builds, server, closers, log });
    if (successor) {
      activity.onIdle(idleTimeoutMs!, () => {
        log.info("Idle", { afterMs: idleTimeoutMs });
        stop({ force: false });
      });
      closers.own("watch of the files", 1_000, await successor.watchFiles(), async (end) => end());
    }
    const addresses = { ...server.addresses, ...(metrics?.url && { metrics: metrics.url }) };
    log.info("Listening", { ...addresses, version, pid: process.pid });
    const abandon = () => {
      log.warn("Ended by force", { builds: builds.runningIds.join(", ") });
    };
    const setLogLevel = (level: LogLevel) => {
      logged.level = level;
      log.info("The log level was changed", { level });
    };
    return { addresses, ended, stop, setLogLevel, abandon };
  } catch (cause) {
    await closers.close(log);
    endLogging();
    throw cause;
  }
}
