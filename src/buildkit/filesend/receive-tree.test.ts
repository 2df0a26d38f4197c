import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PacketSchema, Packet_PacketType as Type } from "../../gen/fsutil/types/wire_pb.js";
import { plainPacket } from "../filesync/packet.js";
import { receiveTree } from "./receive-tree.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "slipway-tree-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const stat = (path: string) =>
  toBinary(
    PacketSchema,
    create(PacketSchema, { type: Type.PACKET_STAT, stat: { path: Buffer.from(path), mode: 0o644 } }),
  );
const data = (id: number, text: string) =>
  toBinary(PacketSchema, create(PacketSchema, { type: Type.PACKET_DATA, id, data: Buffer.from(text) }));

/** A call of a BuildKit that sends these packets and then ends it. */
function callWith(packets: () => Iterable<Uint8Array>) {
  async function* messages() {
    yield* packets();
  }
  const { signal } = new AbortController();
  return { header: () => [], messages: messages(), send: async () => {}, signal };
}

test("a BuildKit that ends the call without its final packet does not hold the host", async () => {
  function* packets() {
    yield stat("f");
    yield data(0, "text");
    yield data(0, "");
    yield plainPacket(Type.PACKET_STAT);
  }
  await receiveTree(callWith(packets), dir, { mirror: false });
  expect(readFileSync(join(dir, "f"), "utf8")).toBe("text");
});

test("a BuildKit that begins endless files fails the output, and nothing is left", async () => {
  function* packets() {
    for (let id = 0; id < 1000; id += 1) yield stat(`f${id}`);
    yield plainPacket(Type.PACKET_STAT);
    for (let id = 0; id < 1000; id += 1) yield data(id, "x");
  }
  const work = receiveTree(callWith(packets), dir, { mirror: false });
  await expect(work).rejects.toMatchObject({
    code: Code.ResourceExhausted,
    message: "The output has more than 256 files at the same time, which is more than the host takes.",
  });
  expect(readdirSync(dir)).toEqual([]);
});
