import type { HandshakeResponse } from "../gen/slipway/driver/v1/driver_pb.js";
import type { Reattach } from "../plugin-protocol/reattach.js";
import { withPeriod } from "../util/with-period.js";
import { AttachedPlugin } from "./attached-plugin.js";
import { asHost, type Peer } from "./peer.js";
import { type PluginCommand, PluginProcess, type StartOptions } from "./plugin-process.js";
import { lastLines } from "./report/last-lines.js";
import { Violation } from "./report/violation.js";

/** The command that starts the plugin, or how one is attached that its author runs. */
export type PluginSource = PluginCommand | { attach: Reattach };

/** A process of the plugin with its clients, and what it answered to Handshake. */
interface SharedProcess {
  readonly process: PluginProcess | AttachedPlugin;
  readonly peer: Peer;
  readonly handshake: HandshakeResponse;
}

/** The processes of the plugin under test: the one that the checks share, and those of single checks. */
export class SubjectProcesses {
  /** The logs of ended processes. */
  readonly #written: string[] = [];
  readonly #fresh: PluginProcess[] = [];
  #shared: Promise<SharedProcess> | undefined;

  constructor(private readonly source: PluginSource) {}

  /** The kit has not started the plugin, so it knows neither its start nor its end nor its output. */
  get isAttached(): boolean {
    return "attach" in this.source;
  }

  /** The shared process, which the first call starts. Rejects with {@link Violation}. */
  shared(): Promise<SharedProcess> {
    this.#shared ??= this.#start();
    return this.#shared;
  }

  async #start(): Promise<SharedProcess> {
    const { source } = this;
    const process = "attach" in source ? new AttachedPlugin(source.attach) : new PluginProcess(source);
    try {
      const peer = await process.peer();
      const handshake = await peer.driver.handshake(asHost, { timeoutMs: 30_000 });
      return { process, peer, handshake };
    } catch (cause) {
      await process.end();
      const lines = lastLines(process.stderr);
      const log = lines.length > 0 ? ` Its last lines:\n${lines.join("\n")}` : "";
      const what = this.isAttached ? "The plugin cannot be used" : "The plugin could not be started";
      throw new Violation(`${what}: ${withPeriod((cause as Error).message)}${log}`);
    }
  }

  /** Starts another process of the plugin, which ends with the check. */
  fresh(options?: StartOptions): PluginProcess {
    if ("attach" in this.source) throw new Error("The kit does not start a plugin that it is attached to.");
    const process = new PluginProcess(this.source, options);
    this.#fresh.push(process);
    return process;
  }

  /** Ends the processes that a check started, and the shared one when it has died. */
  async cleanUp(): Promise<void> {
    for (const process of this.#fresh.splice(0)) {
      await process.end();
      this.#written.push(process.stderr);
    }
    const shared = await this.#shared?.catch(() => undefined);
    if (!shared?.process.ended) return;
    this.#written.push(shared.process.stderr);
    await shared.process.end();
    this.#shared = undefined;
  }

  /** Notes where the plugin's log stands; `lastLines` is what was written since, its last lines. */
  async startLog(): Promise<{ lastLines(): Promise<string[]> }> {
    const shared = async () => (await this.#shared?.catch(() => undefined))?.process;
    const before = await shared();
    const length = before?.stderr.length ?? 0;
    return {
      lastLines: async () => {
        const now = await shared();
        const own = now === before ? now?.stderr.slice(length) : now?.stderr;
        return lastLines(own ?? "", ...this.#fresh.map(({ stderr }) => stderr));
      },
    };
  }

  /** The logs of all processes so far. A call flushes the log of the shared process. */
  async written(): Promise<string> {
    const { process, peer } = await this.shared();
    await peer.driver.handshake(asHost, { timeoutMs: 30_000 });
    return [...this.#written, process.stderr].join("\n");
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    await this.cleanUp();
    const shared = await this.#shared?.catch(() => undefined);
    await shared?.process.end();
  }
}
