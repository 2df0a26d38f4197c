import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildEventSchema } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../src/gen/slipway/v1/build_pb.js";
import { BuilderInstanceSchema } from "../../src/gen/slipway/v1/builder_pb.js";
import { Store } from "../../src/host/store/store.js";
import { must, tempDir } from "../lab/index.js";

let folder: string;
beforeEach(async () => {
  folder = join(await tempDir(), "disk");
  await mkdir(folder);
  await must("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", folder]);
  onTestFinished(() => void must("umount", ["--lazy", folder]));
});

/** Writes a file until the disk is full. */
async function fill(path: string): Promise<void> {
  await writeFile(path, Buffer.alloc(32 << 20)).then(
    () => expect.unreachable("the disk is larger"),
    (error) => expect(error).toMatchObject({ code: "ENOSPC" }),
  );
}

const refused = { code: Code.ResourceExhausted, reason: "STATE_NOT_STORED" };
const large = "x".repeat(1 << 20);

it("a store on a full disk rejects each write with a typed error, and works again with free space", async () => {
  const store = new Store(join(folder, "store"), { reservedBytes: 1 << 20 });
  const builder = create(BuilderInstanceSchema, { name: "b", driver: large });
  const build = create(BuildSchema, { id: "1", displayName: large });
  const log = { case: "progress" as const, value: { logs: [{ data: new Uint8Array(1 << 20) }] } };
  const event = (sequence: bigint) => create(BuildEventSchema, { sequence, event: log });
  await store.putEvent("0", event(1n));
  await fill(join(folder, "file"));
  const writes = [
    () => store.putBuilder(builder),
    () => store.putBuild(build),
    () => store.putEvent("0", event(2n)),
    () => store.setDefaultBuilder("key", large),
  ];
  const rejected = (work: Promise<void>) => work.then(() => undefined, readTypedError);
  for (const write of writes) expect(await rejected(write())).toMatchObject(refused);
  for (const error of await Promise.all(writes.map((write) => rejected(write()))))
    expect(error).toMatchObject(refused);
  // What was stored before is there, and nothing else.
  expect(store.event("0", 1)).toMatchObject({ sequence: 1n });
  expect(store.lastSequence("0")).toBe(1);
  expect([store.builder("b"), store.build("1"), store.defaultBuilder("key")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  await rm(join(folder, "file"));
  for (const write of writes) await write();
  expect(store.build("1")).toMatchObject({ displayName: large });
  await fill(join(folder, "file"));
  expect(await rejected(store.putEvent("0", event(3n)))).toMatchObject(refused);
  await store.close();
});
