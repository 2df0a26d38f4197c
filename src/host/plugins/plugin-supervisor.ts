import type { HandshakeResponse } from "../../gen/slipway/driver/v1/driver_pb.js";
import { withPeriod } from "../../util/with-period.js";
import { CrashBackoff } from "./crash-backoff.js";
import type { FoundPlugin } from "./discovery.js";
import type { HandshakeCache } from "./handshake-cache.js";
import { integrityProblems } from "./install/integrity.js";
import { type LaunchOptions, launch } from "./launch.js";
import { joinOperated } from "./operated-plugin.js";
import { quarantined, StartError, type StartReason, startFailed, stopped, tail } from "./plugin-errors.js";
import type { RunningPlugin } from "./running-plugin.js";
import { describeState, type SupervisorState } from "./supervisor-state.js";

/** Options to supervise a plugin's process. */
export interface SupervisorOptions extends LaunchOptions {
  /** Idle time after which an unused plugin is stopped, in milliseconds. */
  idleMs: number;
  /** Delay after the first crash, in milliseconds; each further crash doubles it. */
  backoffMs: number;
  /** What plugins answered to Handshake in earlier hosts. */
  handshakes?: HandshakeCache;
}

/** What a plugin says about itself in Handshake. */
export type KnownPlugin = Pick<HandshakeResponse, "plugin" | "drivers">;

/** Supervises one plugin's process: starts it on demand and restarts it after crashes, up to a limit. */
export class PluginSupervisor {
  #state: SupervisorState = { is: "idle" };
  #users = 0;
  #isRetired = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #starts = 0;
  readonly #crashes: CrashBackoff;
  readonly #closing = new AbortController();
  #lastLines: string[] = [];
  #known: KnownPlugin | undefined;

  readonly #name: string;

  constructor(
    private readonly found: FoundPlugin,
    private readonly options: SupervisorOptions,
  ) {
    this.#name = found.manifest.name;
    this.#crashes = new CrashBackoff(options.backoffMs);
  }

  /** The last answer to Handshake, of this host or an earlier one. Starts a plugin that never ran; rejects as {@link use}. */
  async know(): Promise<KnownPlugin> {
    this.#known ??= await this.options.handshakes?.read(this.found);
    if (!this.#known) await this.start();
    return this.#known!;
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

  /** Starts the process if it is not running; rejects as {@link use}. */
  async start(): Promise<void> {
    await this.use();
    this.release();
  }

  /** Stops the process, lifts the quarantine and starts the process again. */
  async restart(): Promise<void> {
    await this.#stop();
    this.#crashes.reset();
    this.#state = { is: "idle" };
    await this.start();
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
      ...describeState(this.#name, state),
      lastLines: process?.lastLines ?? this.#lastLines,
      pid: process?.pid,
      startTime: process?.startTime,
      restartCount: Math.max(0, this.#starts - 1),
      info: this.#known?.plugin,
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
          throw quarantined(this.#name, state.message);
        case "backoff":
          await new Promise((resolve) => setTimeout(resolve, state.until - performance.now()));
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
      // Before the start, because files that change during it are not the ones that answer.
      const keep = await this.options.handshakes?.keeper(this.found);
      const process = await this.#open();
      this.#known = process.handshake;
      await keep?.(process.handshake);
      this.#state = { is: "running", process };
      void process.ended.then((crash) => this.#ended(process, crash));
      return process;
    } catch (cause) {
      const error =
        cause instanceof StartError ? cause : new StartError("PLUGIN_START_FAILED", String(cause));
      this.#lastLines = error.lastLines;
      this.#crashed(error.reason, error.message);
      throw startFailed(this.#name, error);
    }
  }

  async #open(): Promise<RunningPlugin> {
    const { manifest, folder } = this.found;
    const [problem] = await integrityProblems(this.found);
    if (problem) throw new StartError("PLUGIN_CHECKSUM_MISMATCH", problem);
    return manifest.command
      ? launch(manifest, folder, this.options, this.#closing.signal)
      : joinOperated(manifest, this.options, this.#closing.signal);
  }

  #ended(process: RunningPlugin, crash: string | undefined): void {
    this.#lastLines = process.lastLines;
    if (crash) this.#crashed("DRIVER_CRASHED", crash);
    else if (this.#state.is === "stopping") this.#state = { is: "idle" };
  }

  #crashed(reason: StartReason | "DRIVER_CRASHED", message: string): void {
    const until = this.#crashes.note();
    const { count, minutes } = this.#crashes;
    if (until === undefined) {
      const why = `it crashed ${count} times in ${minutes} minutes; the last time, ${withPeriod(message)}`;
      this.#state = { is: "quarantined", message: `${why}${tail(this.#lastLines)}` };
      this.options.log.error(`Plugin quarantined: ${why}`, { plugin: this.#name });
      return;
    }
    this.#state = { is: "backoff", reason, message, until };
    this.options.log.warn(`Plugin crashed: ${message}`, { plugin: this.#name, crashes: count });
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
