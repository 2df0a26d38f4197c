import { realpathSync } from "node:fs";
import type { BuildHost } from "../client/build-host.js";
import { openLocalHost } from "../client/local/local-host.js";
import type { Slipway } from "../client/slipway.js";
import type { TokenSource } from "../client/token-source.js";
import { socketPathIn } from "../host-address/socket-path.js";
import { hostNodeFlags } from "../util/host-node-flags.js";
import { version } from "../util/version.js";
import { prepareVariable } from "./serve/prepare-variable.js";

const client = { name: "slipway-cli", version };

/** The host that commands call. */
export type Host = Slipway;

/** Connects to the host that the environment selects. Starts a host on this machine, from this program, if none runs. */
export async function openHost(env: NodeJS.ProcessEnv = process.env): Promise<Host> {
  const { connect } = await import("../client/slipway.js");
  const script = realpathSync(process.argv[1]!);
  const slipway: [string, ...string[]] = [process.execPath, ...process.execArgv, ...hostNodeFlags, script];
  return connect({ client, slipway, env, tokens: await loginTokens(env) });
}

/** Connects to the host that the environment selects; HOST_NOT_RUNNING if it does not run. */
export async function openRunningHost(env: NodeJS.ProcessEnv = process.env): Promise<Host> {
  const { connect } = await import("../client/slipway.js");
  return connect({ client, start: false, env, tokens: await loginTokens(env) });
}

/** The tokens of a login to the host; undefined for a host on a unix socket, or when a file has the token. */
async function loginTokens(env: NodeJS.ProcessEnv): Promise<TokenSource | undefined> {
  if (!env.SLIPWAY_HOST || env.SLIPWAY_TOKEN_FILE || socketPathIn(env.SLIPWAY_HOST)) return undefined;
  const { keptTokens } = await import("./login/kept-tokens.js");
  return keptTokens(env);
}

/**
 * As {@link openHost}, for a build: a host on this machine that runs is called without what only other calls need, and
 * one that is started prepares the builder.
 * @param builder its name; the default builder when empty
 */
export async function openBuildHost(builder = "", env: NodeJS.ProcessEnv = process.env): Promise<BuildHost> {
  const local = await openLocalHost(client, env);
  if (local) return local;
  const host = await openHost({ ...env, [prepareVariable]: builder });
  return { ...host, uploads: async () => host.uploads };
}

/** Calls `work` with a connection to the host, and closes it afterwards. */
export async function withHost<T>(work: (host: Host) => Promise<T>): Promise<T> {
  const host = await openHost();
  try {
    return await work(host);
  } finally {
    host.close();
  }
}
