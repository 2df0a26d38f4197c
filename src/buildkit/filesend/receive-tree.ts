import { setTimeout as sleep } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { transferTooLarge } from "../../errors/answer-too-large.js";
import { StatusError } from "../../errors/status-error.js";
import { type Packet, Packet_PacketType as Type } from "../../gen/fsutil/types/wire_pb.js";
import { isRegular } from "../../inputs/files/file-mode.js";
import { sizeText } from "../../util/size-text.js";
import { plainPacket, readPacket, requestPacket, type TreeEntry, treeEntry } from "../filesync/packet.js";
import type { SessionCall } from "../session/method.js";
import type { IncomingFile } from "./incoming-file.js";
import { outputError } from "./output-error.js";
import { TreeWriter } from "./tree-writer.js";

/** Maximum content that waits to be written, in bytes; above it, reading from BuildKit pauses. */
const maxPendingBytes = 8 << 20;
/** Weight of a packet beside its data, in bytes: even an empty packet costs system calls. */
const packetWeight = 64 << 10;
/** Files whose content may arrive at the same time; each is an open file. BuildKit sends 4. */
const maxOpenFiles = 256;
/** Memory for the entries of a tree, in bytes: more than a million of them. */
const maxTreeBytes = 1 << 30;
/** What an entry takes in memory beside its path, in bytes. */
const entryBytes = 768;
/** How long BuildKit may take to end the call after it received an error, in milliseconds. */
const hangUpMs = 5_000;

/**
 * Receives a tree in fsutil's protocol and writes it into a folder. All files are requested, as BuildKit's own client
 * does. Resolves when everything is written and BuildKit has been notified.
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
    await reception.refuse(error);
    throw error;
  } finally {
    await writer.close();
  }
  await call.send(plainPacket(Type.PACKET_FIN));
  await reception.finished();
}

class Reception {
  readonly #packets: AsyncIterator<Uint8Array>;
  readonly #files = new Map<number, IncomingFile>();
  /** Ids of the files that have begun to arrive. */
  readonly #started = new Set<number>();
  #treeBytes = 0;
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

  /** Resolves when all entries are created and all content is written. */
  async run(): Promise<void> {
    let entries = 0;
    let listed = false;
    try {
      while (!listed || this.#files.size > 0) {
        const packet = await this.#next();
        if (!packet) throw new StatusError(Code.Canceled, "BuildKit ended the transfer early.");
        if (packet.type === Type.PACKET_DATA) this.#write(packet);
        else if (packet.type !== Type.PACKET_STAT || listed) throw unexpected(packet);
        else if (packet.stat) await this.#add(entries++, treeEntry(packet.stat));
        else listed = true;
        if (this.#pending > maxPendingBytes) await this.#waitForRoom();
        if (this.#failure) throw this.#failure.error;
      }
    } finally {
      await Promise.all(this.#writing);
    }
    if (this.#failure) throw (this.#failure as { error: unknown }).error;
  }

  /** Sends an error as a packet: of the call's status the sender shows only that the stream has ended. */
  async refuse(error: unknown): Promise<void> {
    const { message } = outputError(error);
    await this.call.send(plainPacket(Type.PACKET_ERR, Buffer.from(message))).catch(() => {});
    // If the call ended at once, a sender in the middle of content would report that end instead of the error.
    const limit = new AbortController();
    await Promise.race([
      this.finished(),
      sleep(hangUpMs, undefined, { signal: limit.signal }).catch(() => {}),
    ]);
    limit.abort();
  }

  /** Waits until BuildKit confirms the end or ends the call. */
  async finished(): Promise<void> {
    try {
      for (let packet = await this.#next(); packet; packet = await this.#next())
        if (packet.type === Type.PACKET_FIN) return;
    } catch {}
  }

  async #next(): Promise<Packet | undefined> {
    const { value, done } = await this.#packets.next();
    if (done) return undefined;
    const packet = readPacket(value);
    if (packet.type === Type.PACKET_ERR) {
      throw new StatusError(Code.Aborted, `BuildKit cancelled the transfer: ${Buffer.from(packet.data)}`);
    }
    return packet;
  }

  async #add(id: number, stat: TreeEntry): Promise<void> {
    this.#treeBytes += entryBytes + stat.path.length + stat.linkname.length;
    if (this.#treeBytes > maxTreeBytes)
      throw transferTooLarge("The output", `${sizeText(maxTreeBytes)} of names and metadata`);
    const file = await this.writer.add(stat);
    if (!file || !isRegular(stat.mode)) return;
    this.#files.set(id, file);
    await this.call.send(requestPacket(id));
  }

  /** Queues content behind the earlier content of the same file; different files are written concurrently. */
  #write({ id, data }: Packet): void {
    const file = this.#files.get(id);
    if (!file)
      throw new StatusError(
        Code.InvalidArgument,
        `BuildKit sent content of file ${id}, which was not requested.`,
      );
    const last = data.length === 0;
    if (last) {
      this.#files.delete(id);
      this.#started.delete(id);
    } else if (this.#started.add(id).size > maxOpenFiles)
      throw transferTooLarge("The output", `${maxOpenFiles} files at the same time`);
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
  return new StatusError(Code.InvalidArgument, `BuildKit sent an unexpected packet of type ${packet.type}.`);
}
