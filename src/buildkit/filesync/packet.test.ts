import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { PacketSchema, Packet_PacketType as Type } from "../../gen/fsutil/types/wire_pb.js";
import { toGoMode, toPosixMode, toPosixPermissions } from "../../inputs/files/file-mode.js";
import type { SourceEntry } from "../../inputs/files/source.js";
import { nameBytes } from "../../util/file-name.js";
import { dataHeadBytes, dataPacket, statPacket } from "./packet.js";

test.each([0, 1, 127, 128, 16_383, 16_384, 20_000, 2 ** 28, 2 ** 32 - 1])(
  "encodes a data packet of file %i",
  (id) => {
    for (const bytes of [0, 1, 127, 128, 300_000]) {
      const buffer = Buffer.alloc(dataHeadBytes + bytes, "x");
      const packet = fromBinary(PacketSchema, dataPacket(id, buffer, bytes));
      expect(packet).toMatchObject({ type: Type.PACKET_DATA, id });
      expect(Buffer.from(packet.data).equals(Buffer.alloc(bytes, "x"))).toBe(true);
      expect(packet.$unknown).toBeUndefined();
    }
  },
);

test.each<[string, SourceEntry, string?]>([
  ["é/b", { mode: toGoMode(0o100644), size: 5_000_000_000, modTime: 1_700_000_000_123_456_789n }],
  ["", { mode: 0, size: 0, modTime: 0n }],
  ["old", { mode: toGoMode(0o040755), size: 0, modTime: -1n }],
  ["oldest", { mode: 1, size: 127, modTime: -(2n ** 63n) }],
  ["newest", { mode: 128, size: Number.MAX_SAFE_INTEGER, modTime: 2n ** 63n - 1n }],
  ["caf\udce9/\udcff", { mode: toGoMode(0o120777), size: 0, modTime: 1n, linkname: "a\udc80" }],
  ["x".repeat(4096), { mode: toGoMode(0o120777), size: 300, modTime: 2n ** 32n, linkname: "ü".repeat(127) }],
  ["hard", { mode: 0o600, size: 0, modTime: 2n ** 31n, inode: "1:2" }, "first"],
  ["device", { mode: toGoMode(0o060660), size: 0, modTime: 1n, device: { major: 2n ** 40n, minor: 0n } }],
])("encodes a stat packet as protobuf does: %s", (path, entry, linkname) => {
  const packet = create(PacketSchema, {
    stat: {
      path: nameBytes(path),
      mode: entry.mode,
      size: BigInt(entry.size),
      modTime: entry.modTime,
      linkname: nameBytes(linkname ?? entry.linkname ?? ""),
      devmajor: entry.device?.major,
      devminor: entry.device?.minor,
    },
  });
  const encoded = Buffer.from(statPacket(path, entry, linkname));
  expect(encoded.equals(toBinary(PacketSchema, packet))).toBe(true);
});

test.each([
  [0o040755, 0x8000_01ed],
  [0o100644, 0o644],
  [0o120777, 0x0800_01ff],
  [0o104755, 0x0080_01ed],
  [0o041777, 0x8010_01ff],
  [0o020666, 0x0420_01b6],
  [0o060660, 0x0400_01b0],
  [0o010600, 0x0200_0180],
])("converts st_mode %o to Go's mode %i", (posix, go) => {
  expect(toGoMode(posix)).toBe(go);
  expect(toPosixPermissions(go)).toBe(posix & 0o7777);
  expect(toPosixMode(go)).toBe(posix);
});
