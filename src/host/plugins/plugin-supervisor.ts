import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { PluginInfo } from "../../gen/slipway/driver/v1/node_pb.js";
import { PluginState } from "../../gen/slipway/v1/driver_pb.js";
import { withPeriod } from "../../util/with-period.js";
import { attach } from "./attach.js";
import type { FoundPlugin } from "./discovery.js";
import { integrityProblems } from "./install/integrity.js";
import { type LaunchOptions, launch } from "./launch.js";
import { quarantined, StartError, startFailed, stopped, tail } from "./plugin-errors.js";
import type { RunningPlugin } from "./running-plugin.js";

/** Options to supervise a plugin's process. */
export interface SupervisorOptions extends LaunchOptions {
  /** Idle time after which an unused plugin is stopped, in milliseconds. */
  idleMs: number;
  /** Delay after the first crash, in milliseconds; each further crash doubles it. */
  backoffMs: number;
}

/** More crashes than this within {@link crashWindowMs} quarantine the plugin. */
const maxCrashes = 4;
const crashWindowMs = 3 * 60_000;
const maxBackoffMs = 10_000;

type State =
  | { is: "idle" }
  | { is: "starting"; started: Promise<RunningPlugin> }
  | { is: "running"; process: RunningPlugin }
  | { is: "stopping"; process: RunningPlugin; ended: Promise<void> }
  | { is: "backoff"; reason: string; until: number }
  | { is: "quarantined"; reason: string };

/** Supervises one plugin's process: starts it on demand and restarts it after crashes, up to a limit. */
export class PluginSupervisor {
  #state: State = { is: "idle" };
  #users = 0;
  #isRetired = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #crashes: number[] = [];
  #starts = 0;
  readonly #closing = new AbortController();
  #lastLines: string[] = [];
  /** The answer to the last Handshake; valid for the installed version. */
  known: { info?: PluginInfo; drivers: DriverDescriptor[] } | undefined;

  readonly #name: string;

  constructor(
    private readonly found: FoundPlugin,
    private readonly options: SupervisorOptions,
  ) {
    this.#name = found.manifest.name;
  }

  /** Returns the running process. The caller must call {@link release} once. Rejects with a typed error. */
  async use(): Promise<RunningPlugin> {
    this.#users += 1;
    clearTimeout(this.#idleTimer);
    try {
      return await this.#running();
    } catch (cause) {
      this.release();
      throw cause;
    }
  }

  /** Ends one {@link use}. */
  release(): void {
    this.#users -= 1;
    if (this.#users > 0 || this.#state.is !== "running") return;
    if (this.#isRetired) return void this.#stop();
    this.#idleTimer = setTimeout(() => void this.#stop(), this.options.idleMs);
    this.#idleTimer.unref();
  }

  /** Stops the process, lifts the quarantine and starts the process again. */
  async restart(): Promise<void> {
    await this.#stop();
    this.#crashes = [];
    this.#state = { is: "idle" };
    await this.use();
    this.release();
  }

  /** Stops the process when its last user has released it: the plugin was replaced or removed. */
  retire(): void {
    this.#isRetired = true;
    clearTimeout(this.#idleTimer);
    if (this.#users === 0) void this.#stop();
  }

  /** Stops the process permanently. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#idleTimer);
    await this.#stop();
  }

  /** The state, for ListPlugins. */
  describe() {
    const state = this.#state;
    const process = state.is === "running" || state.is === "stopping" ? state.process : undefined;
    return {
      state: publicStates[state.is],
      reason: "reason" in state ? state.reason : "",
      lastLines: process?.lastLines ?? this.#lastLines,
      pid: process?.pid,
      startTime: process?.startTime,
      restarts: Math.max(0, this.#starts - 1),
      info: this.known?.info,
    };
  }

  async #running(): Promise<RunningPlugin> {
    for (;;) {
      const state = this.#state;
      if (this.#closing.signal.aborted) throw stopped(this.#name);
      switch (state.is) {
        case "running":
          return state.process;
        case "starting":
          return state.started;
        case "stopping":
          await state.ended;
          break;
        case "quarantined":
          throw quarantined(this.#name, state.reason);
        case "backoff":
          await new Promise((resolve) => setTimeout(resolve, state.until - Date.now()));
          if (this.#state === state) this.#state = { is: "idle" };
          break;
        case "idle": {
          const started = this.#start();
          this.#state = { is: "starting", started };
          return started;
        }
      }
    }
  }

  async #start(): Promise<RunningPlugin> {
    this.#starts += 1;
    try {
      const process = await this.#open();
      const { plugin: info, drivers } = process.handshake;
      this.known = { info, drivers };
      this.#state = { is: "running", process };
      void process.ended.then((crash) => this.#ended(process, crash));
      return process;
    } catch (cause) {
      const error =
        cause instanceof StartError ? cause : new StartError("PLUGIN_START_FAILED", String(cause));
      this.#lastLines = error.lastLines;
      this.#crashed(error.message);
      throw startFailed(this.#name, error);
    }
  }

  async #open(): Promise<RunningPlugin> {
    const { manifest, folder } = this.found;
    const [problem] = await integrityProblems(this.found);
    if (problem) throw new StartError("PLUGIN_CHECKSUM_MISMATCH", problem);
    return manifest.command
      ? launch(manifest, folder, this.options, this.#closing.signal)
      : attach(manifest, this.options, this.#closing.signal);
  }

  #ended(process: RunningPlugin, crash: string | undefined): void {
    this.#lastLines = process.lastLines;
    if (crash) this.#crashed(crash);
    else if (this.#state.is === "stopping") this.#state = { is: "idle" };
  }

  #crashed(reason: string): void {
    const now = Date.now();
    this.#crashes = [...this.#crashes.filter((time) => now - time < crashWindowMs), now];
    const count = this.#crashes.length;
    if (count > maxCrashes) {
      const minutes = crashWindowMs / 60_000;
      const why = `it crashed ${count} times in ${minutes} minutes; the last time, ${withPeriod(reason)}`;
      this.#state = { is: "quarantined", reason: `${why}${tail(this.#lastLines)}` };
      this.options.log.error(`Plugin quarantined: ${why}`, { plugin: this.#name });
      return;
    }
    const delay = Math.min(this.options.backoffMs * 2 ** (count - 1), maxBackoffMs);
    // Jitter: plugins that crashed for the same cause must not all restart at the same time.
    const until = now + delay * (0.5 + Math.random() / 2);
    this.#state = { is: "backoff", reason, until };
    this.options.log.warn(`Plugin crashed: ${reason}`, { plugin: this.#name, crashes: count });
  }

  async #stop(): Promise<void> {
    if (this.#state.is === "starting") await this.#state.started.catch(() => {});
    if (this.#state.is === "running") {
      const { process } = this.#state;
      this.#state = { is: "stopping", process, ended: process.stop() };
    }
    if (this.#state.is === "stopping") await this.#state.ended;
  }
}

const publicStates: Record<State["is"], PluginState> = {
  idle: PluginState.IDLE,
  starting: PluginState.STARTING,
  running: PluginState.RUNNING,
  stopping: PluginState.RUNNING,
  backoff: PluginState.BACKOFF,
  quarantined: PluginState.QUARANTINED,
};
