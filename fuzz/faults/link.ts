import { once } from "node:events";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { drained } from "../../src/util/drained.js";
import { apply, type Effect } from "./apply.js";
import type { Action, Fault } from "./fault.js";
import type { Splitter } from "./units.js";

/** A fault that a link has injected. */
export interface Injected {
  kind: Action["kind"];
  /** `Date.now()` at its end: after a delay, or when the connection was cut. */
  time: number;
}

/** A proxy that injects faults into the connections through it. */
export class Link {
  readonly #open = new Set<Duplex>();
  readonly #servers = new Set<Server>();
  #faults: readonly Fault[] = [];
  /** Units in each direction since it was armed, over all connections. */
  #units = { request: 0, response: 0 };
  #injected: Injected[] = [];

  /** @param split creates the splitter of one direction of a connection */
  constructor(private readonly split: () => Splitter) {}

  /** Whether a connection passes it. */
  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  /**
   * Listens on a unix socket, or on a port of 127.0.0.1, and carries each connection to a new one that `dial` opens.
   * Returns the server's address: `unix://…` or `tcp://…`.
   */
  async listen(dial: () => Duplex, path?: string): Promise<string> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.carry(socket, dial()));
    this.#servers.add(server);
    server.listen(path === undefined ? { port: 0, host: "127.0.0.1" } : { path });
    await once(server, "listening");
    return path === undefined
      ? `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
      : `unix://${path}`;
  }

  /** Injects these faults from now on, instead of earlier ones. Returns the list of those that were injected. */
  arm(faults: readonly Fault[]): readonly Injected[] {
    this.#faults = faults;
    this.#units = { request: 0, response: 0 };
    this.#injected = [];
    return this.#injected;
  }

  /** Carries bytes between two connections, which it then owns. `near` is the side that connected. */
  carry(near: Duplex, far: Duplex): void {
    for (const [from, to, direction] of [
      [near, far, "request"],
      [far, near, "response"],
    ] as const) {
      this.#open.add(from);
      from.once("close", () => this.#open.delete(from));
      from.on("error", () => to.destroy());
      this.#pump(from, to, direction).catch(() => {
        from.destroy();
        to.destroy();
      });
    }
  }

  /** Ends all connections. */
  cut(): void {
    for (const side of this.#open) side.destroy();
  }

  /** Ends all connections, and stops to listen. */
  async close(): Promise<void> {
    this.cut();
    await Promise.all([...this.#servers].map((server) => new Promise((resolve) => server.close(resolve))));
    this.#servers.clear();
  }

  async #pump(from: Duplex, to: Duplex, direction: Fault["direction"]): Promise<void> {
    const split = this.split();
    let held: Buffer[] = [];
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      for (const unit of split(chunk)) {
        const { send, hold, waitMs, end } = this.#decide(direction, unit);
        if (waitMs) await sleep(waitMs);
        if (to.destroyed) return void from.destroy();
        for (const bytes of [...send, ...held]) if (!to.write(bytes)) await drained(to);
        held = hold ? [hold] : [];
        if (end) return endStream(end, from, to);
      }
    }
    to.end();
  }

  /** The effect of all faults that are due. */
  #decide(direction: Fault["direction"], unit: Buffer): Effect {
    const number = this.#units[direction]++;
    const due = this.#faults.find((fault) => fault.direction === direction && fault.unit === number);
    if (!due) return { send: [unit] };
    const effect = apply(due.action, unit);
    this.#injected.push({ kind: due.action.kind, time: Date.now() + (effect.waitMs ?? 0) });
    return effect;
  }
}

/** Ends a stream. What still arrives is read and dropped, so that the end of the sender is seen. */
async function endStream(how: NonNullable<Effect["end"]>, from: Duplex, to: Duplex): Promise<void> {
  if (how === "reset") {
    for (const side of [from, to]) reset(side);
    return;
  }
  if (how !== "stall") to.end();
  if (how === "close") from.end();
  from.resume();
  await once(from, "end");
  to.destroy();
}

/** Sends RST if the connection is TCP. */
function reset(side: Duplex): void {
  if (side instanceof Socket && side.remoteFamily !== undefined) side.resetAndDestroy();
  else side.destroy();
}
