import { resolve } from "node:path";
import { InputError } from "../../errors/input-error.js";
import { readTypedError } from "../../errors/typed-error.js";
import { defaultSocketPath } from "../../host-address/socket-path.js";
import { isLoopback } from "../../network/is-loopback.js";
import { allWritten, waitAtMost } from "../../util/standard-streams.js";
import { ExitCode } from "../command-error.js";
import { printError } from "../output/print.js";
import { activatedSocket } from "./activated-socket.js";
import { databaseUrl } from "./database-url.js";
import { parseLimits } from "./parse-limits.js";
import { prepareVariable } from "./prepare-variable.js";
import { stateKeyFile } from "./state-key-file.js";

/** The flags of `serve`. */
export interface ServeFlags {
  socket?: string;
  tcp?: string;
  tokenFile?: string;
  issuersFile?: string;
  allowRemoteAdmin?: boolean;
  tlsCert?: string;
  tlsKey?: string;
  tlsClientCa?: string;
  corsOrigin?: string[];
  stateDir?: string;
  stateKeyFile?: string;
  database?: string;
  hostName?: string;
  advertise?: string;
  uploads?: string;
  pluginPath?: string[];
  /** As name=value. */
  limit?: string[];
  /** The limit running-builds. */
  maxRunningBuilds?: string;
  projectsFile?: string;
  /** In milliseconds. */
  idleTimeout?: number;
  metricsAddress?: string;
  logLevel: string;
  logFormat: string;
  /** True when no path is given. */
  logFile?: string | true;
}

const logLevels = ["debug", "info", "warn", "error"] as const;
const logFormats = ["json", "text"] as const;

/** A repeated signal within this time is ignored: npm forwards what the terminal has already sent. In milliseconds. */
const sameSignalMs = 500;

/** How long a host that has ended waits for the reader of its log, in milliseconds. */
const logMs = 5_000;
/** The same after a second signal. */
const abandonedLogMs = 500;

/**
 * Runs a host until a signal or its idle timeout. A second signal ends it at once. The exit code is 1 when something did
 * not end in its time, and 128 plus the signal's number after a second signal.
 */
export async function runServe(flags: ServeFlags): Promise<void> {
  waitAtMost(logMs);
  const logLevel = logLevels.find((level) => level === flags.logLevel);
  if (!logLevel)
    throw invalid("--log-level", `Unknown log level ${flags.logLevel}.`, `Use ${logLevels.join(", ")}.`);
  const logFormat = logFormats.find((format) => format === flags.logFormat);
  if (!logFormat)
    throw invalid(
      "--log-format",
      `Unknown log format ${flags.logFormat}.`,
      `Use ${logFormats.join(" or ")}.`,
    );
  const tcp = parseTcp(flags);
  const keyFile = stateKeyFile(flags.stateKeyFile, process.env);
  const database = databaseUrl(flags.database, process.env);
  if (flags.uploads !== undefined && database === undefined)
    throw invalid("--uploads", "--uploads requires --database.", "Add --database.");
  const advertise = parseAdvertised(flags, { database, keyFile });
  const limits = parseLimits(flags.limit, process.env.SLIPWAY_LIMITS, flags.maxRunningBuilds);
  const activated = activatedSocket(process.env);
  const prepare = process.env[prepareVariable];
  delete process.env[prepareVariable];
  const { runHost } = await import("../../host/main.js");
  const socket = resolve(flags.socket ?? defaultSocketPath());
  const started = runHost({
    socket,
    activated,
    tcp,
    stateDir: flags.stateDir && resolve(flags.stateDir),
    stateKeyFile: keyFile,
    projectsFile: flags.projectsFile && resolve(flags.projectsFile),
    database,
    hostName: flags.hostName,
    advertise,
    uploads: flags.uploads,
    pluginPath: flags.pluginPath?.map((path) => resolve(path)),
    idleTimeoutMs: flags.idleTimeout,
    limits,
    prepare,
    metrics:
      flags.metricsAddress === undefined
        ? undefined
        : parseAddress("--metrics-address", flags.metricsAddress),
    logLevel,
    logFormat,
    logFile: typeof flags.logFile === "string" ? resolve(flags.logFile) : flags.logFile,
  });
  // For a look at a host that runs: SIGUSR2 logs everything, and the next one what was logged before.
  let level = logLevel;
  process.on("SIGUSR2", () => {
    level = level === "debug" ? logLevel : "debug";
    started.then(
      ({ setLogLevel }) => setLogLevel(level),
      () => {},
    );
  });
  const host = await started.catch(async (cause) => {
    // A client started this host in an environment whose default socket is not that of the user's running host.
    const { reason, metadata } = readTypedError(cause);
    const isShared = reason === "STATE_IN_USE" && flags.idleTimeout !== undefined && !flags.stateDir;
    if (!isShared || !metadata?.socket) throw cause;
    const { linkSocket } = await import("../../host/served-socket.js");
    await linkSocket(socket, metadata.socket);
    printError(`The host on ${metadata.socket} serves here too.\n`);
    return undefined;
  });
  if (!host) return;
  let first: number | undefined;
  const onSignal = (_signal: NodeJS.Signals, number: number) => {
    if (first === undefined) void host.stop({ force: false });
    else if (performance.now() - first > sameSignalMs) {
      host.abandon();
      waitAtMost(abandonedLogMs);
      void allWritten().then(() => process.exit(128 + number));
    }
    first ??= performance.now();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  const left = await host.ended;
  // Open handles of plugins or engines must not keep the process alive.
  throw new ExitCode(left.length === 0 ? 0 : 1);
}

function parseTcp(flags: ServeFlags) {
  const {
    tcp,
    tokenFile,
    issuersFile,
    allowRemoteAdmin,
    tlsCert,
    tlsKey,
    tlsClientCa,
    corsOrigin: corsOrigins,
  } = flags;
  if (tcp === undefined) {
    const extra = {
      "--token-file": tokenFile,
      "--issuers-file": issuersFile,
      "--allow-remote-admin": allowRemoteAdmin,
      "--tls-cert": tlsCert,
      "--tls-key": tlsKey,
      "--tls-client-ca": tlsClientCa,
    };
    const [flag] = Object.entries(extra).find(([, value]) => value !== undefined) ?? [];
    if (flag || corsOrigins)
      throw invalid(
        flag ?? "--cors-origin",
        `${flag ?? "--cors-origin"} requires a host on TCP.`,
        "Add --tcp HOST:PORT.",
      );
    return undefined;
  }
  const { host, port } = parseAddress("--tcp", tcp);
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw invalid(
      "--tls-cert",
      "A certificate requires its key, and a key its certificate.",
      "Give both --tls-cert and --tls-key.",
    );
  }
  if (tlsClientCa && !tlsCert)
    throw invalid("--tls-client-ca", "Client certificates require TLS.", "Add --tls-cert and --tls-key.");
  const tls =
    tlsCert && tlsKey ? { certFile: tlsCert, keyFile: tlsKey, clientCaFile: tlsClientCa } : undefined;
  return { host, port, tokenFile, issuersFile, allowRemoteAdmin, corsOrigins, tls };
}

/** The address for other hosts, which need a way to authenticate this one and its callers. */
function parseAdvertised(
  { advertise, tcp, tlsCert, tlsClientCa }: ServeFlags,
  { database, keyFile }: { database?: string; keyFile?: string },
) {
  if (advertise === undefined) return undefined;
  const needed = { "--database": database, "--tcp": tcp, "--state-key-file": keyFile };
  const [missing] = Object.entries(needed).find(([, value]) => value === undefined) ?? [];
  if (missing) throw invalid("--advertise", `--advertise requires ${missing}.`, `Add ${missing}.`);
  if (tlsClientCa)
    throw invalid(
      "--advertise",
      "--advertise cannot be used with --tls-client-ca: other hosts have no certificate of a client.",
      "Use tokens or issuers.",
    );
  const address = parseAddress("--advertise", advertise);
  if (!tlsCert && !isLoopback(address.host))
    throw invalid(
      "--advertise",
      "--advertise requires --tls-cert and --tls-key for an address beyond the loopback interface.",
      "Add them: calls of users pass between hosts.",
    );
  return address;
}

function parseAddress(flag: string, address: string): { host: string; port: number } {
  const [, host, port] = /^(?:\[(?=.*\]))?([^\]]+?)\]?:(\d{1,5})$/.exec(address) ?? [];
  if (host && Number(port) <= 65_535) return { host, port: Number(port) };
  throw invalid(
    flag,
    `${JSON.stringify(address)} is not an address.`,
    "Write HOST:PORT, such as 127.0.0.1:8080.",
  );
}

function invalid(field: string, message: string, remedy: string): InputError {
  return new InputError({ reason: "SERVE_FLAGS_INVALID", field, message, remedy });
}
