import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addForeignAddress, makeBridge } from "./bridge.js";
import { startDaemon } from "./daemon.js";
import { freePort } from "./port.js";
import { buildkit } from "./recipes/buildkit.js";
import { runc } from "./recipes/runc.js";
import { run } from "./run.js";
import { cgroupOf, destroyState, makeState } from "./state.js";
import { makeTestTls, type TestTls } from "./tls.js";

/** Address and files of a running buildkitd. */
export interface Buildkitd {
  /** `unix://…` or `tcp://…`. */
  address: string;
  /** Log file of the daemon. */
  log: string;
  pid: number;
  /** Only with `listen: "tls"`: the files that a client needs. */
  tls?: TestTls;
  /** Path of the `buildctl` binary of the same version. */
  buildctl: string;
}

/** A running buildkitd that can be stopped. */
export interface RunningBuildkitd extends Buildkitd {
  stop(): Promise<void>;
  /** Kill it, as in a crash. `stop` may still be called afterwards. */
  kill(): Promise<void>;
  /** Start it again after `kill`, with the same address and state. */
  restart(): Promise<void>;
}

/** Configuration of a buildkitd that a test starts for itself. */
export interface BuildkitdOptions {
  /** Default "unix". "tcp" is plain text on loopback; "tls" requires a client certificate. */
  listen?: "unix" | "tcp" | "tls";
  /** With "tls": listen as another machine with this name, at an address that is of none of this machine's interfaces. */
  elsewhere?: string;
  /** Additional lines of its buildkitd.toml. */
  toml?: string;
  /** Additional environment variables. */
  env?: Readonly<Record<string, string>>;
}

/** Start a buildkitd with an OCI worker. It shares nothing with other daemons. */
export async function startBuildkitd(options: BuildkitdOptions = {}): Promise<RunningBuildkitd> {
  const [bin, runcFolder] = [await buildkit(), await runc()];
  const folder = await makeState("buildkitd");
  const { listen = "unix", elsewhere } = options;
  const host = elsewhere ? await addForeignAddress(await makeBridge(folder)) : "127.0.0.1";
  const address =
    listen === "unix" ? `unix://${join(folder, "b.sock")}` : `tcp://${host}:${await freePort()}`;
  const tls = listen === "tls" ? await makeTestTls(join(folder, "tls"), elsewhere) : undefined;
  const config = join(folder, "buildkitd.toml");
  await writeFile(
    config,
    [
      `root = ${JSON.stringify(join(folder, "root"))}`,
      "[otel]",
      `socketPath = ${JSON.stringify(join(folder, "otel.sock"))}`,
      "[worker.containerd]",
      "enabled = false",
      "[worker.oci]",
      "enabled = true",
      `binary = ${JSON.stringify(join(runcFolder, "runc"))}`,
      `defaultCgroupParent = ${JSON.stringify(cgroupOf(folder))}`,
      options.toml ?? "",
    ].join("\n"),
  );
  const temporary = join(folder, "tmp");
  await mkdir(temporary);
  const buildctl = join(bin, "buildctl");
  const name = elsewhere ? ["--tlsservername", elsewhere] : [];
  const client = tls ? ["--tlscacert", tls.ca, "--tlscert", tls.cert, "--tlskey", tls.key, ...name] : [];
  const server = tls ? ["--tlscacert", tls.ca, "--tlscert", tls.serverCert, "--tlskey", tls.serverKey] : [];
  const start = () =>
    startDaemon({
      name: "buildkitd",
      command: join(bin, "buildkitd"),
      args: ["--config", config, "--addr", address, ...server],
      folder,
      // A killed daemon leaves mounts there, which are unmounted when the folder is removed.
      env: { TMPDIR: temporary, ...options.env },
      ready: async () => (await run(buildctl, ["--addr", address, ...client, "debug", "workers"])).code === 0,
    });
  let daemon = await start();
  return {
    address,
    log: daemon.log,
    get pid() {
      return daemon.pid;
    },
    buildctl,
    ...(tls && { tls }),
    async stop() {
      await daemon.stop();
      await destroyState(folder);
    },
    kill: () => daemon.kill(),
    async restart() {
      await daemon.kill();
      daemon = await start();
    },
  };
}
