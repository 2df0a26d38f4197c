import { create, toBinary } from "@bufbuild/protobuf";
import { type Packet, PacketSchema, Packet_PacketType as Type } from "../../gen/fsutil/types/wire_pb.js";
import type { SourceEntry } from "../../inputs/files/source.js";

/** Maximum size of a data packet without its data, in bytes. */
export const dataHeadBytes = 2 + 6 + 6;

/** A packet that announces an entry. `linkname` of a regular file makes it a hard link. */
export function statPacket(path: string, entry: SourceEntry, linkname = entry.linkname): Uint8Array {
  const { mode, size, modTime, device } = entry;
  const stat = {
    path,
    mode,
    size: BigInt(size),
    modTime,
    linkname,
    devmajor: device?.major,
    devminor: device?.minor,
  };
  return toBinary(PacketSchema, create(PacketSchema, { type: Type.PACKET_STAT, stat }));
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
