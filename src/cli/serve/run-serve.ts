import { resolve } from "node:path";
import { InputError } from "../../errors/input-error.js";
import { defaultSocketPath } from "../../host-address/address.js";
import { ExitCode } from "../command-error.js";

/** The flags of `serve`. */
export interface ServeFlags {
  socket?: string;
  tcp?: string;
  tokenFile?: string;
  allowRemoteAdmin?: boolean;
  tlsCert?: string;
  tlsKey?: string;
  tlsClientCa?: string;
  corsOrigin?: string[];
  stateDir?: string;
  pluginPath?: string[];
  /** In milliseconds. */
  idleTimeout?: number;
  logLevel: string;
}

const logLevels = ["debug", "info", "warn", "error"] as const;

/** Runs a host until a signal or its idle timeout. A second signal ends it without waiting for builds. */
export async function runServe(flags: ServeFlags): Promise<void> {
  const logLevel = logLevels.find((level) => level === flags.logLevel);
  if (!logLevel)
    throw invalid("--log-level", `Unknown log level ${flags.logLevel}.`, `Use ${logLevels.join(", ")}.`);
  const tcp = parseTcp(flags);
  const { runHost } = await import("../../host/main.js");
  const host = await runHost({
    socket: resolve(flags.socket ?? defaultSocketPath()),
    tcp,
    stateDir: flags.stateDir && resolve(flags.stateDir),
    pluginPath: flags.pluginPath?.map((path) => resolve(path)),
    idleTimeoutMs: flags.idleTimeout,
    logLevel,
  });
  let signals = 0;
  const stop = () => void host.stop({ force: ++signals > 1 });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  await host.ended;
  // Open handles of plugins or engines must not keep the process alive.
  throw new ExitCode(0);
}

function parseTcp(flags: ServeFlags) {
  const { tcp, tokenFile, allowRemoteAdmin, tlsCert, tlsKey, tlsClientCa, corsOrigin: corsOrigins } = flags;
  if (tcp === undefined) {
    const extra = {
      "--token-file": tokenFile,
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
  const [, host, port] = /^(?:\[(?=.*\]))?([^\]]+?)\]?:(\d{1,5})$/.exec(tcp) ?? [];
  if (!host || Number(port) > 65_535)
    throw invalid(
      "--tcp",
      `${JSON.stringify(tcp)} is not an address.`,
      "Write HOST:PORT, such as 127.0.0.1:8080.",
    );
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
  return { host, port: Number(port), tokenFile, allowRemoteAdmin, corsOrigins, tls };
}

function invalid(field: string, message: string, remedy: string): InputError {
  return new InputError({ reason: "SERVE_FLAGS_INVALID", field, message, remedy });
}
