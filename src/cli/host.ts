import { realpathSync } from "node:fs";
import { connect, type Slipway } from "../client/slipway.js";
import { version } from "../util/version.js";

/** The host that commands call. */
export type Host = Slipway;

/** Connects to the host that the environment selects. Starts a host on this machine, from this program, if none runs. */
export function openHost(env: NodeJS.ProcessEnv = process.env): Promise<Host> {
  const script = realpathSync(process.argv[1]!);
  const slipway: [string, ...string[]] = [process.execPath, ...process.execArgv, script];
  return connect({ client: { name: "slipway-cli", version }, slipway, env });
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
