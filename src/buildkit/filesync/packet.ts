import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import {
  type Packet,
  PacketSchema,
  type Stat,
  Packet_PacketType as Type,
} from "../../gen/fsutil/types/wire_pb.js";
import type { SourceEntry } from "../../inputs/files/source.js";
import { decodeBounded } from "../../messages/answers.js";
import { nameBytes, nameOf } from "../../util/file-name.js";

/** Maximum size of a data packet without its data, in bytes. */
export const dataHeadBytes = 2 + 6 + 6;

/** Maximum size of a stat packet without its texts, in bytes. */
const statBytes = 6 + 6 + 6 + 11 + 11 + 6 + 11 + 11;

/**
 * A packet that announces an entry. `linkname` of a regular file makes it a hard link. It is encoded here since a context
 * has many of them, and protobuf's own encoder takes several times as long.
 */
export function statPacket(path: string, entry: SourceEntry, linkname = entry.linkname ?? ""): Uint8Array {
  const { mode, size, modTime, device } = entry;
  const texts = Buffer.byteLength(path) + Buffer.byteLength(linkname);
  const buffer = Buffer.allocUnsafe(statBytes + texts);
  const begin = 6;
  let end = begin;
  const text = (tag: number, value: string) => {
    if (value === "") return;
    buffer[end++] = tag;
    if (value.isWellFormed()) {
      end = varint(buffer, end, Buffer.byteLength(value), 0);
      end += buffer.write(value, end);
      return;
    }
    const bytes = nameBytes(value);
    end = varint(buffer, end, bytes.length, 0);
    end += bytes.copy(buffer, end);
  };
  const number = (tag: number, low: number, high: number) => {
    if (low === 0 && high === 0) return;
    buffer[end++] = tag;
    end = varint(buffer, end, low, high);
  };
  const bigint = (tag: number, value: bigint) =>
    number(tag, Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)));
  text(0x0a, path);
  number(0x10, mode, 0);
  number(0x28, size >>> 0, Math.floor(size / 2 ** 32));
  bigint(0x30, modTime);
  text(0x3a, linkname);
  if (device) {
    bigint(0x40, device.major);
    bigint(0x48, device.minor);
  }
  return buffer.subarray(prepend(buffer, begin, 0x12, end - begin), end);
}

/** Writes a varint of 64 bits, given as two unsigned halves; returns where it ends. */
function varint(buffer: Uint8Array, start: number, low: number, high: number): number {
  let end = start;
  while (high > 0 || low > 0x7f) {
    buffer[end++] = (low & 0x7f) | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  buffer[end++] = low;
  return end;
}

/** Decodes a packet of BuildKit. Throws INVALID_ARGUMENT for other bytes. */
export function readPacket(bytes: Uint8Array): Packet {
  try {
    return decodeBounded(PacketSchema, bytes);
  } catch (cause) {
    throw new StatusError(Code.InvalidArgument, `BuildKit sent a packet that cannot be decoded: ${cause}`);
  }
}

/** An entry of a tree that BuildKit sends. */
export type TreeEntry = Omit<Stat, "path" | "linkname" | "$typeName" | "$unknown"> & {
  path: string;
  linkname: string;
};

/** The entry of a packet, with its names as texts. */
export function treeEntry(stat: Stat): TreeEntry {
  return { ...stat, path: nameOf(stat.path), linkname: nameOf(stat.linkname) };
}

/** A packet without data or stat. */
export function plainPacket(type: Packet["type"], data?: Uint8Array): Uint8Array {
  return toBinary(PacketSchema, create(PacketSchema, { type, data }));
}

/** A packet that requests the content of a file. */
export function requestPacket(id: number): Uint8Array {
  return toBinary(PacketSchema, create(PacketSchema, { type: Type.PACKET_REQ, id }));
}

/** A packet with a chunk of a file, encoded in place: the data begins at {@link dataHeadBytes} in the buffer. */
export function dataPacket(id: number, buffer: Uint8Array, dataBytes: number): Uint8Array {
  let start = dataHeadBytes;
  if (dataBytes > 0) start = prepend(buffer, start, 0x22, dataBytes);
  if (id > 0) start = prepend(buffer, start, 0x18, id);
  start = prepend(buffer, start, 0x08, Type.PACKET_DATA);
  return buffer.subarray(start, dataHeadBytes + dataBytes);
}

/** Writes a tag and a varint that end at `end`; returns the offset where they begin. */
function prepend(buffer: Uint8Array, end: number, tag: number, value: number): number {
  let start = end - 2;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) start--;
  buffer[start] = tag;
  let rest = value;
  for (let at = start + 1; at < end - 1; at++, rest >>>= 7) buffer[at] = (rest & 0x7f) | 0x80;
  buffer[end - 1] = rest;
  return start;
}
