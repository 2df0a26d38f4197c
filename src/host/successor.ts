import { stat } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../util/package-root.js";
import type { Activity } from "./base/activity.js";
import type { Log } from "./base/log.js";

/** How long a host that another one should follow must be idle, in milliseconds: between the calls of one command. */
const pauseMs = 10_000;

/** How often a host looks for its files, in milliseconds. */
const lookMs = 10_000;

/** What a {@link Successor} uses. */
export interface SuccessorOptions {
  activity: Activity;
  log: Log;
  /** The host's own idle timeout, in milliseconds. */
  idleTimeoutMs: number;
  /** Stops the host. */
  stop(): void;
}

/**
 * Lets a host that a client started end as soon as it is idle when another one should follow: a newer client calls
 * it, or its files were removed or replaced. The next client starts its own host.
 */
export class Successor {
  readonly #options: SuccessorOptions;
  #isAwaited = false;

  constructor(options: SuccessorOptions) {
    this.#options = options;
  }

  /** The host ends when it has been idle for ten seconds. */
  await(why: string): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    const { activity, log, idleTimeoutMs, stop } = this.#options;
    log.info("Ends as soon as it is idle", { why });
    activity.onIdle(Math.min(pauseMs, idleTimeoutMs), () => {
      log.info("Idle, and another host can follow");
      stop();
    });
  }

  /** Looks from time to time whether the host's files are still those from which it was started. Returns how to end that. */
  async watchFiles(): Promise<() => void> {
    const manifest = join(packageRoot(), "package.json");
    const started = await identity(manifest);
    const timer = setInterval(async () => {
      if ((await identity(manifest)) === started) return;
      clearInterval(timer);
      this.await("its files were removed or replaced");
    }, lookMs);
    timer.unref();
    return () => clearInterval(timer);
  }
}

/** Differs for another file under the same path; undefined when there is none. */
async function identity(path: string): Promise<string | undefined> {
  try {
    const { ino, dev, mtimeMs, size } = await stat(path);
    return [dev, ino, mtimeMs, size].join(" ");
  } catch {
    return undefined;
  }
}
