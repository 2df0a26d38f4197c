import type { Log } from "../base/log.js";
import { PluginOutput } from "./plugin-output.js";
import type { Exit, SupervisedProcess } from "./supervised-process.js";

/** A process that the host has not started: the host only knows whether it is connected. */
export class ForeignProcess implements SupervisedProcess {
  readonly isForeign = true;
  readonly output: PluginOutput;
  readonly exited: Promise<Exit>;
  #leave!: (exit: Exit) => void;

  /** @param pid undefined for a process on another machine */
  constructor(
    name: string,
    log: Log,
    readonly afterLoss: string,
    readonly pid: number | undefined,
  ) {
    this.output = new PluginOutput(name, log);
    this.exited = new Promise((resolve) => {
      this.#leave = resolve;
    });
  }

  kill(): void {
    this.#leave({ text: "the host disconnected" });
  }
}
