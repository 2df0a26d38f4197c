import { isIPv6, type Server, type Socket } from "node:net";
import type { Log } from "../base/log.js";
import type { ServerLimits } from "./limits.js";

/** Key of the function that ends a connection's deadline. */
const admitted = Symbol("admitted");

type Watched = { [admitted]?: () => void };

/** Minimum time between two log lines about refused connections, in milliseconds. */
const warningIntervalMs = 60_000;

/**
 * Limits the connections of one listener: their number in total and per address, and the time until their first
 * authenticated request.
 */
export class Admission {
  readonly #perAddress = new Map<string, number>();
  #lastWarning = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly limits: ServerLimits,
    private readonly log: Log,
  ) {}

  /** Limits the number of a server's connections. */
  limit(server: Server): void {
    server.maxConnections = this.limits.maxConnections;
    server.on("drop", (data) => this.#warn("in total", data?.remoteAddress));
  }

  /** Counts a new connection of its address; destroys it and returns false when there are too many. */
  accept(socket: Socket): boolean {
    // Unix sockets have no address.
    if (socket.remoteAddress === undefined) return true;
    const address = networkOf(socket.remoteAddress);
    const count = (this.#perAddress.get(address) ?? 0) + 1;
    if (count > this.limits.maxConnectionsPerAddress) {
      socket.destroy();
      this.#warn("from one address", address);
      return false;
    }
    this.#perAddress.set(address, count);
    socket.once("close", () => {
      const left = this.#perAddress.get(address)! - 1;
      if (left > 0) this.#perAddress.set(address, left);
      else this.#perAddress.delete(address);
    });
    return true;
  }

  /** Destroys a connection unless {@link admit} is called for one of its requests in time. */
  watch(socket: Socket): void {
    const timer = setTimeout(() => {
      this.log.debug("Connection closed without an authenticated request", { address: socket.remoteAddress });
      socket.destroy();
    }, this.limits.firstRequestMs).unref();
    (socket as Watched)[admitted] = () => clearTimeout(timer);
    socket.once("close", () => clearTimeout(timer));
  }

  #warn(which: string, address: string | undefined): void {
    if (performance.now() - this.#lastWarning < warningIntervalMs) return;
    this.#lastWarning = performance.now();
    this.log.warn(`Connections refused: too many ${which}`, { address });
  }
}

/** Ends the deadline of a connection: one of its requests is authenticated. */
export function admit(socket: object | null): void {
  (socket as Watched | null)?.[admitted]?.();
}

/** The address that is counted: an IPv4 address, or the /64 network of an IPv6 address. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.replace(/%.*/, "").split("::");
  const before = head.split(":").filter(Boolean);
  const after = tail?.split(":").filter(Boolean) ?? [];
  const zeros = Array(8 - before.length - after.length).fill("0");
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}
