import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startDaemon } from "./daemon.js";
import { freePort } from "./port.js";
import { buildkit } from "./recipes/buildkit.js";
import { runc } from "./recipes/runc.js";
import { run } from "./run.js";
import { cgroupOf, destroyState, makeState } from "./state.js";
import { makeTestTls, type TestTls } from "./tls.js";

/** Where a buildkitd of the lab answers. */
export interface Buildkitd {
  /** `unix://…` or `tcp://…`. */
  address: string;
  /** Log file of the daemon. */
  log: string;
  pid: number;
  /** Only with `listen: "tls"`: what a client must show and trust. */
  tls?: TestTls;
  /** Path of the `buildctl` binary that fits it. */
  buildctl: string;
}

/** A buildkitd and the way to end it. */
export interface RunningBuildkitd extends Buildkitd {
  stop(): Promise<void>;
  /** Kill it as a crash would; `stop` is still allowed afterwards. */
  kill(): Promise<void>;
  /** Start it again, on the same address and state, after it was killed. */
  restart(): Promise<void>;
}

/** What a buildkitd of a test's own needs to be. */
export interface BuildkitdOptions {
  /** Default "unix". "tcp" is plain text on loopback; "tls" asks for a client certificate. */
  listen?: "unix" | "tcp" | "tls";
  /** More lines for its buildkitd.toml. */
  toml?: string;
  /** More variables of its environment. */
  env?: Readonly<Record<string, string>>;
}

/** Start a buildkitd with an OCI worker and everything of its own. */
export async function startBuildkitd(options: BuildkitdOptions = {}): Promise<RunningBuildkitd> {
  const [bin, runcFolder] = [await buildkit(), await runc()];
  const folder = await makeState("buildkitd");
  const { listen = "unix" } = options;
  const address =
    listen === "unix" ? `unix://${join(folder, "b.sock")}` : `tcp://127.0.0.1:${await freePort()}`;
  const tls = listen === "tls" ? await makeTestTls(join(folder, "tls")) : undefined;
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
  const client = tls ? ["--tlscacert", tls.ca, "--tlscert", tls.cert, "--tlskey", tls.key] : [];
  const server = tls ? ["--tlscacert", tls.ca, "--tlscert", tls.serverCert, "--tlskey", tls.serverKey] : [];
  const start = () =>
    startDaemon({
      name: "buildkitd",
      command: join(bin, "buildkitd"),
      args: ["--config", config, "--addr", address, ...server],
      folder,
      // A killed one leaves mounts there, which are undone with the folder.
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
