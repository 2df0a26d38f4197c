import { EventEmitter } from "node:events";
import type pg from "pg";
import type { BuildChanges } from "../store/build-store.js";
import type { Connections } from "./connections.js";

/** How long to wait before the connection is opened again, in milliseconds. */
const reconnectMs = 1_000;
/** How often a build is looked at without a notification, in milliseconds. */
const pollMs = 1_000;

/** What hosts tell each other. */
export type Topic = "slipway_changed" | "slipway_cancelled" | "slipway_places";

/** What happens at other hosts. */
export interface NotificationListener {
  /** A build was cancelled. */
  onCancelled(): void;
  /** A host with this state folder got places in the queue. */
  onPlaces(stateId: string): void;
}

/**
 * What other hosts tell by NOTIFY. It only makes things faster: what is told while the connection is broken, or behind a
 * pooler of transactions, is found later.
 */
export class Notifications {
  readonly #connections: Connections;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #listener: NotificationListener;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(connections: Connections, listener: NotificationListener) {
    this.#connections = connections;
    this.#listener = listener;
    void this.#open();
  }

  /** Never rejects. */
  async #open(): Promise<void> {
    const client = this.#connections.single();
    this.#client = client;
    const retry = () => {
      if (this.#client !== client || this.#isClosed) return;
      this.#client = undefined;
      void client.end().catch(() => {});
      this.#timer = setTimeout(() => void this.#open(), reconnectMs);
    };
    client.on("error", retry);
    client.on("end", retry);
    client.on("notification", ({ channel, payload }) => {
      const topic = channel as Topic;
      if (topic === "slipway_changed") this.#changes.emit(payload ?? "");
      else if (topic === "slipway_places") this.#listener.onPlaces(payload ?? "");
      else this.#listener.onCancelled();
    });
    try {
      await client.connect();
      await client.query("LISTEN slipway_changed; LISTEN slipway_cancelled; LISTEN slipway_places");
    } catch {
      retry();
    }
  }

  /** Waits for changes of a build. */
  changesOf(build: string): BuildChanges {
    let hasChanged = false;
    let wake = () => {};
    const onChange = () => {
      hasChanged = true;
      wake();
    };
    this.#changes.on(build, onChange);
    return {
      next: async (signal) => {
        signal.throwIfAborted();
        if (!hasChanged)
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, pollMs);
            wake = () => {
              clearTimeout(timer);
              resolve();
            };
            signal.addEventListener("abort", wake, { once: true });
          });
        signal.removeEventListener("abort", wake);
        signal.throwIfAborted();
        hasChanged = false;
      },
      close: () => void this.#changes.off(build, onChange),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => {});
  }
}
