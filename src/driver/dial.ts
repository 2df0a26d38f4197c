import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { toJson } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { type DialRequest, DialRequestSchema } from "../gen/slipway/driver/v1/driver_pb.js";
import { capabilityIds } from "../plugin-protocol/capabilities.js";
import { maxSocketPathBytes } from "../plugin-protocol/process-contract.js";
import type { Call } from "./call.js";
import type { AnyDriver } from "./driver.js";
import { driverError } from "./driver-error.js";
import { log } from "./log.js";
import { splice } from "./splice.js";

/** How long a stream that Dial opened waits for the host's connection, in milliseconds. */
const claimMs = 10_000;

/**
 * The sockets behind Dial: one listener for each dialled configuration. Each connection to it is a separate stream to
 * the node's BuildKit. Dial itself opens a stream, to see whether BuildKit can be reached; the first connection gets it.
 */
export class Dialer {
  readonly #nodes = new Map<string, NodeSocket>();

  constructor(private readonly folder: string) {}

  /** Opens a stream and returns the path of the socket that leads to it. Rejects with what `connect` throws. */
  async dial(driver: AnyDriver, request: DialRequest, call: Call): Promise<string> {
    const key = keyOf(request);
    const stream = await openStream(driver, request, call);
    let node = this.#nodes.get(key);
    if (!node) {
      const path = join(this.folder, `${createHash("sha256").update(key).digest("hex").slice(0, 12)}.sock`);
      node = new NodeSocket(path, (signal) => openStream(driver, request, { signal }));
      this.#nodes.set(key, node);
    }
    try {
      await node.listening;
    } catch (cause) {
      stream.destroy();
      this.#nodes.delete(key);
      throw cause;
    }
    node.offer(stream);
    return node.path;
  }

  /** Closes all listeners and connections, and deletes the sockets. */
  close(): void {
    for (const node of this.#nodes.values()) node.close();
    this.#nodes.clear();
  }
}

/**
 * Opens a stream. The driver's signal follows the call's only until the stream is open: streams that are bound to a
 * signal would otherwise end with the call.
 */
export async function openStream(driver: AnyDriver, request: DialRequest, call: Call): Promise<Duplex> {
  if (!driver.connect) {
    throw driverError({
      code: Code.Unimplemented,
      reason: "CAPABILITY_MISSING",
      message: `The driver ${driver.descriptor.name} builds without BuildKit, so there is nothing to dial.`,
      metadata: { capability: capabilityIds.nativeBuild },
    });
  }
  const opening = new AbortController();
  const leave = () => opening.abort(call.signal.reason);
  call.signal.throwIfAborted();
  call.signal.addEventListener("abort", leave);
  try {
    const { affinityKey } = request;
    const stream = await driver.connect(request.config!, { signal: opening.signal, affinityKey });
    if (opening.signal.aborted) stream.destroy();
    opening.signal.throwIfAborted();
    if (stream.errored) throw stream.errored;
    return stream;
  } finally {
    call.signal.removeEventListener("abort", leave);
  }
}

/** Requests with the same key share a listener. */
function keyOf(request: DialRequest): string {
  return JSON.stringify(toJson(DialRequestSchema, request), (_name, value) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

class NodeSocket {
  readonly listening: Promise<void>;
  readonly #server: Server;
  readonly #closing = new AbortController();
  readonly #open = new Set<Duplex>();
  #offered: Offer[] = [];

  constructor(
    readonly path: string,
    private readonly connect: (signal: AbortSignal) => Promise<Duplex>,
  ) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => void this.#accept(socket));
    this.listening = this.#listen();
  }

  async #listen(): Promise<void> {
    if (Buffer.byteLength(this.path) > maxSocketPathBytes) {
      throw driverError({
        code: Code.FailedPrecondition,
        reason: "SOCKET_PATH_TOO_LONG",
        message: `The socket path ${this.path} is longer than ${maxSocketPathBytes} bytes.`,
        remedy: "Use a shorter folder for the host's runtime files.",
      });
    }
    this.#server.listen(this.path);
    await once(this.#server, "listening");
    chmodSync(this.path, 0o600);
  }

  /** Keeps an open stream for the next connection. */
  offer(stream: Duplex): void {
    const offer = new Offer(stream, () => {
      this.#offered = this.#offered.filter((other) => other !== offer);
    });
    this.#offered.push(offer);
  }

  close(): void {
    this.#closing.abort();
    this.#server.close();
    for (const offer of this.#offered) offer.stream.destroy();
    for (const stream of this.#open) stream.destroy();
    rmSync(this.path, { force: true });
  }

  async #accept(socket: Socket): Promise<void> {
    this.#open.add(socket);
    try {
      const stream = this.#offered[0]?.claim() ?? (await this.#connectFor(socket));
      this.#open.add(stream);
      await splice(socket, stream);
      this.#open.delete(stream);
    } catch (error) {
      // A raw byte stream cannot carry an error; the host dials again and gets it then.
      log.warn("Cannot connect to BuildKit", { error });
      socket.destroy();
    } finally {
      this.#open.delete(socket);
    }
  }

  async #connectFor(socket: Socket): Promise<Duplex> {
    const left = new AbortController();
    const leave = () => left.abort();
    socket.on("error", leave).once("close", leave);
    try {
      return await this.connect(AbortSignal.any([this.#closing.signal, left.signal]));
    } finally {
      socket.off("close", leave);
    }
  }
}

/** A stream that waits for its connection, for a limited time. */
class Offer {
  readonly #timer: NodeJS.Timeout;

  constructor(
    readonly stream: Duplex,
    private readonly over: () => void,
  ) {
    this.#timer = setTimeout(() => stream.destroy(), claimMs);
    stream.on("error", () => {});
    stream.once("close", this.#end);
  }

  /** Hands the stream over. */
  claim(): Duplex {
    this.stream.off("close", this.#end);
    this.#end();
    return this.stream;
  }

  readonly #end = () => {
    clearTimeout(this.#timer);
    this.over();
  };
}
