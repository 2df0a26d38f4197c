import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { KeyedMutex } from "../../src/util/keyed-mutex.js";
import { startBuildkitd } from "../../test/lab/buildkitd.js";
import { startRegistry } from "../../test/lab/registry.js";
import { until } from "../../test/lab/wait.js";
import { type HostProcess, startHost } from "../host-process.js";
import { type DrillOptions, type DrillReport, drill, type Outcome } from "./drill.js";
import { type Lane, openLane } from "./lane.js";
import { PluginLink } from "./plugin-link.js";
import { leaks, type Resources, resourcesOf } from "./resources.js";
import { RestartedHost, runRestart } from "./run-restart.js";
import { runTrial, type Subjects } from "./run-trial.js";
import { type Trial, trialOf } from "./trial.js";

/** How long a build without faults may take on the slowest machine, in milliseconds. */
const calmMs = 60_000;
/** How long hosts may take to release everything after the last trial, in milliseconds. */
const settleMs = 15_000;

/** A buildkitd, a registry, two hosts with links between all of them, and one that is killed again and again. */
export class Stage {
  readonly #closers: (() => Promise<unknown>)[] = [];
  #subjects!: Subjects;
  #restarted!: RestartedHost;
  /** One trial at a time uses what is there once: the link to the plugin, and the host that is killed. */
  readonly #turns = new KeyedMutex();
  readonly #lanes: Lane[] = [];
  /** How long a build under faults may run before it is cancelled, in milliseconds. */
  #patienceMs = calmMs;
  #before: { host: HostProcess; resources: Resources }[] = [];

  /** Starts everything. Takes a few seconds, and minutes where the lab's programs have not been built. */
  static async open(lanes: number): Promise<Stage> {
    const stage = new Stage();
    try {
      await stage.#start(lanes);
      return stage;
    } catch (cause) {
      await stage.close();
      throw cause;
    }
  }

  /** The hosts. */
  get hosts(): HostProcess[] {
    return [this.#subjects.host, this.#subjects.shimmed];
  }

  /** Runs every kind of build without faults, which starts what stays, and shows how fast the machine is. */
  async warmUp(seed: number, count: number): Promise<DrillReport> {
    const trial = (of: number) => ({ ...trialOf(of), faults: [], cancelMs: undefined });
    const durations: number[] = [];
    const report = await this.drill({ seed, count, trial, onOutcome: (_, { ms }) => durations.push(ms) });
    const slow = durations.sort((a, b) => a - b)[Math.floor(durations.length * 0.9)] ?? 0;
    this.#patienceMs = Math.min(Math.max(1_500, 2 * slow), 10_000);
    return report;
  }

  /** Runs trials until a host dies. */
  async drill(options: Omit<DrillOptions, "run" | "lanes" | "signal">): Promise<DrillReport> {
    const dead = new AbortController();
    const run = async (trial: Trial, lane: number) => {
      try {
        return await this.#run(trial, lane);
      } finally {
        if (this.hosts.some((host) => host.exit())) dead.abort();
      }
    };
    return drill({ ...options, lanes: this.#lanes.length, run, signal: dead.signal });
  }

  #run(trial: Trial, lane: number): Promise<Outcome> {
    const patienceMs = trial.faults.length > 0 ? this.#patienceMs : calmMs;
    const { signal } = new AbortController();
    if (trial.link === "restart")
      return this.#turns.runExclusive("restart", signal, () =>
        runRestart(trial, this.#lanes[lane]!, this.#restarted, calmMs),
      );
    const run = () => runTrial(trial, this.#lanes[lane]!, this.#subjects, patienceMs);
    return trial.link.startsWith("plugin") ? this.#turns.runExclusive("plugin", signal, run) : run();
  }

  /** Remembers what the hosts hold now, for {@link leaks}. */
  async remember(): Promise<void> {
    await this.#settle();
    this.#before = await Promise.all(
      this.hosts.map(async (host) => ({ host, resources: await resourcesOf(host) })),
    );
  }

  /** What the hosts hold more than at {@link remember}, once they had time to release it. */
  async leaks(): Promise<string[]> {
    const running = await this.#settle();
    let found: string[] = [];
    const look = async () => {
      const each = this.#before.map(async ({ host, resources }) => leaks(resources, await resourcesOf(host)));
      found = (await Promise.all(each)).flat();
      return found.length === 0;
    };
    await until("the hosts to release everything", look, { within: settleMs, every: 500 }).catch(() => {});
    return [...running, ...found];
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async #start(lanes: number): Promise<void> {
    // Sockets need short paths.
    const folder = await mkdtemp("/tmp/slipway-fuzz-");
    this.#closers.push(() => rm(folder, { recursive: true, force: true }));
    const toml = "[history]\nmaxEntries = 100";
    const [buildkitd, registry] = await Promise.all([startBuildkitd({ toml }), startRegistry()]);
    this.#closers.push(() => Promise.all([buildkitd.stop(), registry.stop()]));

    const plugin = new PluginLink();
    this.#closers.push(() => plugin.close());
    const socket = join(folder, "p");
    await plugin.listen(socket);
    const host = await this.#host(join(folder, "a"));
    const shimmed = await this.#host(join(folder, "b"), socket);
    const node = { name: "direct", endpoint: buildkitd.address };
    await shimmed.clients.builders.createBuilder({ name: "direct", driver: "remote", node });
    this.#subjects = { host, shimmed, plugin };
    const restarted = await RestartedHost.open(join(folder, "c"), buildkitd.address);
    this.#closers.push(() => restarted.host.stop());
    this.#restarted = restarted;
    const targets = { host, buildkit: buildkitd.address.slice("unix://".length), registry: registry.host };
    for (let index = 0; index < lanes; index += 1) {
      const lane = await openLane(`lane${index}`, join(folder, `l${index}`), targets);
      this.#closers.push(() => lane.close());
      this.#lanes.push(lane);
    }
  }

  /** Starts a host; with a socket, its plugin is behind the link that listens there. */
  async #host(folder: string, socket?: string): Promise<HostProcess> {
    const plugins = join(import.meta.dirname, "plugin");
    const host = await startHost(
      folder,
      socket === undefined ? {} : { env: { SLIPWAY_FUZZ_SOCKET: socket }, plugins: [plugins] },
    );
    this.#closers.push(() => host.stop());
    return host;
  }

  /** Cancels all builds, and restarts the plugin that faults may have stopped. Returns builds that did not end. */
  async #settle(): Promise<string[]> {
    const { shimmed } = this.#subjects;
    await shimmed.clients.plugins.restartPlugin({ name: "remote" });
    const left: string[] = [];
    for (const { clients } of this.hosts) {
      const states = [BuildState.PENDING, BuildState.RUNNING];
      const running = async () => (await clients.builds.listBuilds({ states, pageSize: 500 })).builds;
      for (const { id } of await running()) await clients.builds.cancelBuild({ id });
      const none = until("builds to end", async () => (await running()).length === 0);
      await none.catch(async () => left.push(...(await running()).map(({ id }) => `build ${id} still runs`)));
    }
    return left;
  }
}
