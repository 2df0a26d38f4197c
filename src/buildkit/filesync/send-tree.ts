import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { type Packet, Packet_PacketType as Type } from "../../gen/fsutil/types/wire_pb.js";
import { isRegular } from "../../inputs/files/file-mode.js";
import type { Filter } from "../../inputs/files/filter.js";
import type { FileSource, SourceEntry, SourceFile } from "../../inputs/files/source.js";
import { walk } from "../../inputs/files/walk.js";
import type { SessionCall } from "../session/method.js";
import { ByteBudget } from "./byte-budget.js";
import { dataHeadBytes, dataPacket, plainPacket, readPacket, statPacket } from "./packet.js";

/** Number of files that are read concurrently. */
const maxSenders = 32;
/** Maximum data of one packet, in bytes. The packet fits into the largest buffer that BuildKit's gRPC reuses. */
const chunkBytes = (1 << 20) - dataHeadBytes;
/** How many bytes of content one transfer holds in memory. */
const maxHeldBytes = 8 << 20;

/** Progress of a transfer. */
export interface Sent {
  /** Entries announced: files, folders, links. */
  entries: number;
  /** Files whose content was requested and sent. */
  files: number;
  /** Bytes of content sent. */
  bytes: number;
}

/**
 * Sends a tree in fsutil's protocol: announces entries in order and concurrently sends the content that BuildKit
 * requests by the entry's position. Resolves when BuildKit has everything that it needs.
 */
export async function sendTree(
  call: SessionCall,
  source: FileSource,
  filter: Filter,
  progress?: (sent: Sent) => void,
): Promise<void> {
  const transfer = new Transfer(call, source, progress);
  try {
    await transfer.run(filter);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await call.send(plainPacket(Type.PACKET_ERR, Buffer.from(reason))).catch(() => {});
    throw error;
  }
  // The call ends at once: BuildKit half-closes only after the end.
  await call.send(plainPacket(Type.PACKET_FIN));
}

class Transfer {
  readonly #sent: Sent = { entries: 0, files: 0, bytes: 0 };
  /** Announced files that were not requested yet, by id. */
  readonly #files = new Map<number, { path: string; size: number }>();
  readonly #requests: number[] = [];
  /** How many of the requests a sender has taken. */
  #taken = 0;
  readonly #senders = new Set<Promise<void>>();
  readonly #held = new ByteBudget(maxHeldBytes);
  readonly #stop = new AbortController();
  /** Rejects with the error that ends the transfer early. */
  readonly #failure: Promise<never>;
  #fail!: (error: unknown) => void;

  constructor(
    private readonly call: SessionCall,
    private readonly source: FileSource,
    private readonly progress?: (sent: Sent) => void,
  ) {
    this.#failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#failure.catch(() => {});
  }

  async run(filter: Filter): Promise<void> {
    const announced = this.#announce(filter).catch(this.#fail);
    const received = this.#receive();
    received.catch(() => {}); // It may fail after another error.
    try {
      await Promise.race([received, this.#failure]);
    } finally {
      this.#stop.abort(new StatusError(Code.Canceled, "The transfer was stopped."));
      await Promise.all([announced, ...this.#senders]);
    }
  }

  async #announce(filter: Filter): Promise<void> {
    const firstNames = new Map<string, string>();
    const visit = (path: string, entry: SourceEntry) => {
      const id = this.#sent.entries++;
      if (isRegular(entry.mode)) this.#files.set(id, { path, size: entry.size });
      const first = entry.inode && firstNames.get(entry.inode);
      if (entry.inode && !first) firstNames.set(entry.inode, path);
      return this.call.send(first ? statPacket(path, { ...entry, size: 0 }, first) : statPacket(path, entry));
    };
    await walk(this.source, filter, visit, this.#stop.signal);
    await this.call.send(plainPacket(Type.PACKET_STAT));
  }

  /** Resolves when BuildKit reports that it has everything. */
  async #receive(): Promise<void> {
    for await (const message of this.call.messages) {
      const packet = readPacket(message);
      if (packet.type === Type.PACKET_FIN) return;
      if (!this.#stop.signal.aborted) this.#handle(packet);
    }
    throw new StatusError(Code.Canceled, "BuildKit ended the transfer early.");
  }

  #handle(packet: Packet): void {
    if (packet.type === Type.PACKET_ERR) {
      throw new StatusError(Code.Aborted, `BuildKit cancelled the transfer: ${Buffer.from(packet.data)}`);
    }
    if (packet.type !== Type.PACKET_REQ) {
      throw new StatusError(
        Code.InvalidArgument,
        `BuildKit sent an unexpected packet of type ${packet.type}.`,
      );
    }
    this.#requests.push(packet.id);
    if (this.#senders.size >= maxSenders) return;
    const sender: Promise<void> = this.#sendRequested()
      .catch(this.#fail)
      .finally(() => this.#senders.delete(sender));
    this.#senders.add(sender);
  }

  async #sendRequested(): Promise<void> {
    while (this.#taken < this.#requests.length && !this.#stop.signal.aborted) {
      const id = this.#requests[this.#taken++]!;
      const requested = this.#files.get(id);
      if (!requested)
        throw new StatusError(Code.InvalidArgument, `BuildKit requested the unknown file ${id}.`);
      this.#files.delete(id);
      const file = await this.source.open(requested.path);
      try {
        await this.#sendFile(id, file, requested.size);
      } finally {
        await file.close();
      }
      this.#sent.files++;
      this.progress?.({ ...this.#sent });
    }
  }

  async #sendFile(id: number, file: SourceFile, size: number): Promise<void> {
    // One byte more than expected, so that the same read detects the end.
    const room = Math.min(size + 1, chunkBytes);
    let sending = Promise.resolve();
    for (let ended = false; !ended; ) {
      const chunk = await this.#sendChunk(id, file, room, sending);
      const { bytes } = chunk;
      sending = chunk.sending;
      this.#sent.bytes += bytes;
      if (size >= chunkBytes) this.progress?.({ ...this.#sent });
      ended = bytes === 0 || (bytes === size && bytes < room);
    }
    await sending;
    await this.call.send(dataPacket(id, Buffer.allocUnsafe(dataHeadBytes), 0));
  }

  /** Reads the next chunk while the one before is sent, and begins to send it. */
  async #sendChunk(id: number, file: SourceFile, room: number, before: Promise<void>) {
    await this.#held.take(room);
    let sending = Promise.resolve();
    try {
      const buffer = Buffer.allocUnsafe(dataHeadBytes + room);
      const bytes = await file.read(buffer.subarray(dataHeadBytes));
      await before;
      this.#stop.signal.throwIfAborted();
      if (bytes > 0) sending = this.call.send(dataPacket(id, buffer, bytes));
      return { bytes, sending };
    } finally {
      // Its failure is reported where it is awaited, unless the next read fails first.
      void sending.catch(() => {}).then(() => this.#held.give(room));
    }
  }
}
