import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LeasePurpose } from "../../src/gen/slipway/driver/v1/driver_pb.js";
import { installLeaser } from "../fixtures/plugins/install.js";
import { startHost, type TestHost, type TestHostOptions } from "../host/host.js";
import { lab, tempDir, until } from "../lab/index.js";
import type { Patience } from "../lab/wait.js";

/** What the driver saw of a lease. */
export interface LeaseEntry {
  event: "acquired" | "released";
  /** User name and secret by registry. */
  logins: Record<string, [string, string]>;
  leaseId: string;
  purpose: LeasePurpose;
  buildId: string;
  principal: string;
  platforms: string[];
  affinityKey: string;
}

/** A host with the builder "leased", whose leases are seen and controlled from outside. */
export interface Leaser<Host> {
  host: Host;
  /** What the driver saw so far. */
  log(): Promise<LeaseEntry[]>;
  /** Waits until no lease is held; returns what was acquired. */
  released(patience?: Patience): Promise<LeaseEntry[]>;
  /** Creates the file that a lease waits for. */
  tell(name: string): Promise<void>;
}

/** Starts a host with a builder whose leases do what `way` names; the fixture "leaser" has the list. */
export async function startLeaser(
  way = "plain",
  { endpoint = lab().buildkitd.address, ...options }: TestHostOptions & { endpoint?: string } = {},
): Promise<Leaser<TestHost>> {
  return leaseOn((plugins) => startHost({ ...options, plugins }), way, endpoint);
}

/** The same on a host that `start` starts with these plugins. */
export async function leaseOn<Host extends Pick<TestHost, "builders">>(
  start: (plugins: string[]) => Promise<Host>,
  way: string,
  endpoint: string,
): Promise<Leaser<Host>> {
  const plugins = await tempDir();
  await installLeaser(plugins);
  const host = await start([plugins]);
  const folder = await tempDir();
  const node = { endpoint, options: { folder, way } };
  await host.builders.createBuilder({ name: "leased", driver: "leaser", node });
  const log = async (): Promise<LeaseEntry[]> => {
    const text = await readFile(join(folder, "log"), "utf8").catch(() => "");
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  };
  const isIdle = async () => {
    const entries = await log();
    return entries.length > 0 && entries.length % 2 === 0;
  };
  const released = async (patience?: Patience) => {
    await until("all leases are released", isIdle, patience);
    return (await log()).filter(({ event }) => event === "acquired");
  };
  const tell = (name: string) => writeFile(join(folder, name), "");
  return { host, log, released, tell };
}
