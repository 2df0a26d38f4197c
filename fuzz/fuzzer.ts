import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type Fault, type FuzzResult, inputsFrom, keptFaults } from "./fuzz.js";
import type { Target } from "./target.js";

/** What a worker gets at its start. */
export interface WorkerData {
  /** URL of the module with the targets. */
  module: string;
  /** The position of the input that runs. */
  progress: Int32Array;
}

/** What a worker does next. */
export interface Job {
  name: string;
  runs: number;
  seed: number;
  from: number;
}

/** What a worker sends: that it can start, a fault, or the end of a job. */
export type FromWorker = { ready: true } | { fault: Fault } | { runs: number; slowestMs: number };

/** Options of a {@link Fuzzer}. */
export interface FuzzerOptions {
  /** Module that exports `targets`, the targets by name. */
  module: URL;
  /** Time limit of one input, in milliseconds; default 10 s. */
  hangMs?: number;
}

/** Runs targets in a worker thread. An input that hangs, or ends the thread, is a fault, and the thread is replaced. */
export class Fuzzer {
  readonly #progress = new Int32Array(new SharedArrayBuffer(4));
  #worker: Worker | undefined;

  constructor(private readonly options: FuzzerOptions) {}

  /** Runs a target of the module on generated inputs, as `fuzz` does. After five hangs the rest is left out. */
  async fuzz(target: Target, runs: number, seed: number): Promise<FuzzResult> {
    const result: FuzzResult = { runs: 0, faults: [], slowestMs: 0 };
    for (let from = 0; from < runs && result.faults.length < keptFaults; ) {
      const stopped = await this.#run({ name: target.name, runs, seed, from }, result);
      if (!stopped) break;
      await this.close();
      const position = Atomics.load(this.#progress, 0);
      result.runs += position + 1 - from;
      result.faults.push({ input: inputsFrom(target, { runs, seed }, position)[0], error: stopped });
      from = position + 1;
    }
    return result;
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** Adds what a job finds to `result`. Resolves with the reason if the thread cannot go on. */
  async #run(job: Job, result: FuzzResult): Promise<string | undefined> {
    this.#worker ??= await this.#start();
    const worker = this.#worker;
    Atomics.store(this.#progress, 0, job.from);
    return new Promise((resolve) => {
      const end = (reason?: string) => {
        clearInterval(watch);
        worker.off("message", onMessage).off("error", onError);
        resolve(reason);
      };
      const watch = this.#watch(end);
      const onError = (error: unknown) => end(error instanceof Error ? error.stack : String(error));
      const onMessage = (message: FromWorker) => {
        if ("fault" in message) result.faults.push(message.fault);
        if (!("runs" in message)) return;
        result.runs += message.runs;
        result.slowestMs = Math.max(result.slowestMs, message.slowestMs);
        end();
      };
      worker.on("message", onMessage).on("error", onError);
      worker.postMessage(job);
    });
  }

  /** Calls `onHang` when one input takes too long. */
  #watch(onHang: (reason: string) => void): NodeJS.Timeout {
    const { hangMs = 10_000 } = this.options;
    let [position, since] = [-1, 0];
    return setInterval(() => {
      const now = Atomics.load(this.#progress, 0);
      if (now !== position) [position, since] = [now, performance.now()];
      else if (performance.now() - since > hangMs) onHang(`it took more than ${hangMs} ms`);
    }, hangMs / 20);
  }

  async #start(): Promise<Worker> {
    const workerData: WorkerData = { module: this.options.module.href, progress: this.#progress };
    const worker = new Worker(new URL("./fuzz-worker.mjs", import.meta.url), { workerData });
    await once(worker, "message");
    return worker;
  }
}
