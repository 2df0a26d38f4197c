import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type HostProcess, startHost } from "../fuzz/host-process.js";
import { startBuildkitd } from "../test/lab/buildkitd.js";
import { startRegistry } from "../test/lab/registry.js";

/** What the builds run on. */
export interface Backends {
  /** Its builders are `unix` and `tcp` with a node each, and `both` with two nodes. */
  host: HostProcess;
  /** `host:port`. */
  registry: string;
  /** A folder for the builds' files. */
  folder: string;
  /** Stops everything. */
  close(): Promise<void>;
}

/** Where the host's samples go, and how often, in seconds. */
export interface Sampling {
  file: string;
  seconds: number;
}

/** Starts two daemons, a registry, and a host that measures itself. */
export async function startBackends({ file, seconds }: Sampling): Promise<Backends> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    const folder = await mkdtemp("/tmp/slipway-soak-");
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const toml = "[history]\nmaxEntries = 100";
    const [unix, tcp] = [await startBuildkitd({ toml }), await startBuildkitd({ toml, listen: "tcp" })];
    const registry = await startRegistry();
    for (const daemon of [unix, tcp, registry]) closers.push(() => daemon.stop());
    const host = await startHost(join(folder, "host"), {
      nodeOptions: ["--expose-gc", "--import", join(import.meta.dirname, "probe.mjs")],
      env: { SLIPWAY_SOAK_SAMPLES: file, SLIPWAY_SOAK_SECONDS: String(seconds) },
    });
    closers.push(() => host.stop());
    const { builders } = host.clients;
    const create = (name: string, endpoint: string, platforms: string[] = []) =>
      builders.createBuilder({ name, driver: "remote", node: { name: `${name}-1`, endpoint, platforms } });
    await create("unix", unix.address);
    await create("tcp", tcp.address);
    await create("both", unix.address, ["linux/amd64"]);
    const second = { name: "both-2", endpoint: tcp.address, platforms: ["linux/arm64"] };
    await builders.appendNode({ builder: "both", node: second });
    return { host, registry: registry.host, folder, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}
