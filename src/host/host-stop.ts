import { whenAborted } from "../util/when-aborted.js";
import type { Log } from "./base/log.js";
import type { Builds } from "./builds/builds.js";
import type { Closers } from "./closers.js";
import type { Server } from "./server/server.js";

/** How long running builds and open calls may continue after shutdown is requested, in milliseconds. */
const graceMs = 30_000;
/** How long open calls may continue after that, in milliseconds. */
const callsMs = 1_000;
/** How long connections may take to close after that, in milliseconds. */
const connectionsMs = 5_000;
/** How long cancelled builds may take to end, in milliseconds. */
const buildsMs = 10_000;

/** What {@link HostStop} shuts down. */
export interface StopOptions {
  builds: Pick<Builds, "running" | "runningIds" | "suspendQueued" | "ended" | "handOver" | "close">;
  server: Pick<Server, "close">;
  closers: Closers;
  log: Log;
}

/**
 * Ends a host: refuses new calls, and leaves queued builds to the next host. Running builds and calls have 30 s to end;
 * then these builds are left to the next host, too. When it is forced, they are cancelled at once. At most 30 s later the
 * host has stopped, even if something hangs.
 */
export class HostStop {
  readonly #options: StopOptions;
  readonly #forced = new AbortController();
  #stopping: Promise<readonly string[]> | undefined;

  constructor(options: StopOptions) {
    this.#options = options;
  }

  /** Stops the host, and resolves with what did not end. A further call can only force it. */
  stop({ force }: { force: boolean }): Promise<readonly string[]> {
    if (force) this.#forced.abort();
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<readonly string[]> {
    const { builds, server, closers, log } = this.#options;
    log.info("Stopping", { builds: builds.running });
    builds.suspendQueued();
    const grace = setTimeout(() => {
      builds.handOver();
      this.#forced.abort();
    }, graceMs);
    const forced = whenAborted(this.#forced.signal);
    void forced.then(() => {
      void builds.close({ force: true });
      void server.close({ graceMs: callsMs });
    });
    const closed = server.close({ graceMs, builds: builds.ended() });
    await Promise.race([closed, forced]);
    await closers.end("connections", connectionsMs, () => closed, log);
    const ended = builds.close({ force: false });
    await Promise.race([ended, forced]);
    await closers.end("builds", buildsMs, () => ended, log);
    clearTimeout(grace);
    await closers.close(log);
    const { left } = closers;
    if (left.length === 0) log.info("Stopped");
    else log.error("Stopped by force", { left: left.join(", "), builds: builds.runningIds.join(", ") });
    return left;
  }
}
