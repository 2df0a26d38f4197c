import { setTimeout as sleep } from "node:timers/promises";
import { fromBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { type Packet, PacketSchema, Packet_PacketType as Type } from "../../gen/fsutil/types/wire_pb.js";
import { isRegular } from "../../inputs/files/file-mode.js";
import { plainPacket, requestPacket } from "../filesync/packet.js";
import type { SessionCall } from "../session/method.js";
import type { IncomingFile } from "./incoming-file.js";
import { outputError } from "./output-error.js";
import { TreeWriter } from "./tree-writer.js";

/** Content that waits to be written, in bytes; above it no more is taken from BuildKit. */
const maxPendingBytes = 8 << 20;
/** What a packet counts besides its data: even an empty one costs system calls. */
const packetWeight = 64 << 10;
/** So long BuildKit may take to hang up when it was told of an error, in milliseconds. */
const hangUpMs = 5_000;

/**
 * Receives a tree in fsutil's protocol and writes it into a folder. All files are asked for, as BuildKit's own client
 * does. Resolves when everything is on disk and BuildKit knows.
 */
export async function receiveTree(
  call: SessionCall,
  dest: string,
  { mirror, taken }: { mirror: boolean; taken?: Set<string> },
): Promise<void> {
  const writer = await TreeWriter.open(dest, taken);
  const reception = new Reception(call, writer);
  try {
    await reception.run();
    await writer.finish({ mirror });
  } catch (error) {
    await writer.abort();
    // The status alone would not reach the user: BuildKit's sender only sees that the stream has ended.
    const { message } = outputError(error);
    await call.send(plainPacket(Type.PACKET_ERR, Buffer.from(message))).catch(() => {});
    // If the stream ended now, a sender in the middle of content would tell the user of that end instead.
    const limit = new AbortController();
    await Promise.race([
      reception.finished(),
      sleep(hangUpMs, undefined, { signal: limit.signal }).catch(() => {}),
    ]);
    limit.abort();
    throw error;
  }
  await call.send(plainPacket(Type.PACKET_FIN));
  await reception.finished();
}

class Reception {
  readonly #packets: AsyncIterator<Uint8Array>;
  readonly #files = new Map<number, IncomingFile>();
  readonly #writing = new Set<Promise<void>>();
  #pending = 0;
  #room: (() => void) | undefined;
  #failure: { error: unknown } | undefined;

  constructor(
    private readonly call: SessionCall,
    private readonly writer: TreeWriter,
  ) {
    this.#packets = call.messages[Symbol.asyncIterator]();
  }

  /** Resolves when all entries are made and all content is written. */
  async run(): Promise<void> {
    let entries = 0;
    let listed = false;
    try {
      while (!listed || this.#files.size > 0) {
        const packet = await this.#next();
        if (!packet) throw new StatusError(Code.Canceled, "BuildKit ended the transfer early");
        if (packet.type === Type.PACKET_DATA) this.#write(packet);
        else if (packet.type !== Type.PACKET_STAT || listed) throw unexpected(packet);
        else if (packet.stat) await this.#add(entries++, packet.stat);
        else listed = true;
        if (this.#pending > maxPendingBytes) await this.#waitForRoom();
        if (this.#failure) throw this.#failure.error;
      }
    } finally {
      await Promise.all(this.#writing);
    }
    if (this.#failure) throw (this.#failure as { error: unknown }).error;
  }

  /** Waits until BuildKit has taken note of the end. It may just hang up. */
  async finished(): Promise<void> {
    try {
      while ((await this.#next())?.type !== Type.PACKET_FIN);
    } catch {}
  }

  async #next(): Promise<Packet | undefined> {
    const { value, done } = await this.#packets.next();
    if (done) return undefined;
    const packet = fromBinary(PacketSchema, value);
    if (packet.type === Type.PACKET_ERR) {
      throw new StatusError(Code.Aborted, `BuildKit gave up: ${Buffer.from(packet.data)}`);
    }
    return packet;
  }

  async #add(id: number, stat: NonNullable<Packet["stat"]>): Promise<void> {
    const file = await this.writer.add(stat);
    if (!file || !isRegular(stat.mode)) return;
    this.#files.set(id, file);
    await this.call.send(requestPacket(id));
  }

  /** Queues content behind what the same file already waits for; different files are written at the same time. */
  #write({ id, data }: Packet): void {
    const file = this.#files.get(id);
    if (!file)
      throw new StatusError(Code.InvalidArgument, `BuildKit sent content of ${id}, which was not asked for`);
    const last = data.length === 0;
    if (last) this.#files.delete(id);
    const weight = data.length + packetWeight;
    this.#pending += weight;
    const writing: Promise<void> = (last ? file.finish() : file.write(data))
      .catch((error) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#writing.delete(writing);
        this.#pending -= weight;
        this.#room?.();
      });
    this.#writing.add(writing);
  }

  async #waitForRoom(): Promise<void> {
    while (this.#pending > maxPendingBytes / 2) {
      await new Promise<void>((resolve) => {
        this.#room = resolve;
      });
    }
    this.#room = undefined;
  }
}

function unexpected(packet: Packet): StatusError {
  return new StatusError(Code.InvalidArgument, `unexpected packet of type ${packet.type}`);
}
