import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { onTestFinished } from "vitest";
import { type TestTls, until } from "../lab/index.js";

/** How an operator runs a plugin. */
export interface OperateOptions {
  /** Program and arguments. */
  command: readonly [string, ...string[]];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Port of 127.0.0.1 to listen on. */
  port: number;
  tls: TestTls;
  /** The authority of the hosts' certificates; that of `tls` by default. */
  clientCa?: string;
}

/** Runs a plugin as an operator does: without a host, for clients with a certificate. It ends with the test. */
export async function operate(options: OperateOptions): Promise<ChildProcess> {
  const { command, cwd, env, port, tls, clientCa = tls.ca } = options;
  const [program, ...args] = command;
  const child = spawn(program, args, {
    stdio: ["ignore", "ignore", "inherit"],
    cwd,
    env: {
      ...process.env,
      ...env,
      SLIPWAY_PLUGIN_LISTEN: `127.0.0.1:${port}`,
      SLIPWAY_PLUGIN_TLS_CERT: tls.serverCert,
      SLIPWAY_PLUGIN_TLS_KEY: tls.serverKey,
      SLIPWAY_PLUGIN_TLS_CLIENT_CA: clientCa,
    },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await until("the plugin to listen", async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect").finally(() => socket.destroy());
    return true;
  });
  return child;
}
