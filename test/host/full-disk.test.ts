import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import { inChunks, makeTar } from "../../src/archive/make-tar.test-helper.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuilderRecordSchema } from "../../src/gen/slipway/state/v1/builder_record_pb.js";
import { BuildEventSchema, BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../src/gen/slipway/v1/build_pb.js";
import { localPrincipal } from "../../src/host/access/principal.js";
import { Store } from "../../src/host/store/store.js";
import { Uploads } from "../../src/host/uploads/uploads.js";
import { freeBytes } from "../../src/util/free-bytes.js";
import { lab, tempDir } from "../lab/index.js";
import { failure } from "../plugins/harness.js";
import { contextOf, fromPath, watchToEnd } from "./build.js";
import { startHost, type TestHost } from "./host.js";
import { fill, makeDisk } from "./small-disk.js";

/** Stops a host that has no build to wait for: it would wait for 30 s, however fast the machine is. */
async function stopAtOnce(host: TestHost): Promise<void> {
  const start = performance.now();
  host.process.kill("SIGTERM");
  await host.ended;
  expect(performance.now() - start).toBeLessThan(29_000);
}

const refused = { code: Code.ResourceExhausted, reason: "STATE_NOT_STORED" };
const large = "x".repeat(1 << 20);

it("a store on a full disk rejects each write with a typed error, and works again with free space", async () => {
  const folder = await makeDisk(join(await tempDir(), "disk"), "16m");
  const store = new Store(join(folder, "store"), { reservedBytes: 1 << 20 });
  const builder = create(BuilderRecordSchema, { name: "b", driver: large });
  const build = create(BuildSchema, { id: "1", displayName: large });
  const log = { case: "progress" as const, value: { logs: [{ data: new Uint8Array(1 << 20) }] } };
  const event = (sequence: number) => {
    const message = create(BuildEventSchema, { sequence: BigInt(sequence), event: log });
    return { sequence, bytes: toBinary(BuildEventSchema, message) };
  };
  await store.builds.putEvents("0", [event(1)]);
  await fill(join(folder, "file"));
  const writes = [
    () => store.builders.put(builder),
    () => store.builds.put(build),
    () => store.builds.putEvents("0", [event(2)]),
    () => store.setDefaultBuilder("key", large),
  ];
  const rejected = (work: Promise<void>) => work.then(() => undefined, readTypedError);
  for (const write of writes) expect(await rejected(write())).toMatchObject(refused);
  for (const error of await Promise.all(writes.map((write) => rejected(write()))))
    expect(error).toMatchObject(refused);
  // What was stored before is there, and nothing else.
  expect(store.builds.event("0", 1)).toMatchObject({ sequence: 1n });
  expect(store.builds.lastSequence("0")).toBe(1);
  expect([store.builders.get("b"), store.builds.get("1"), store.defaultBuilder("key")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  await rm(join(folder, "file"));
  for (const write of writes) await write();
  expect(store.builds.get("1")).toMatchObject({ displayName: large });
  await fill(join(folder, "file"));
  expect(await rejected(store.builds.putEvents("0", [event(3)]))).toMatchObject(refused);
  await store.close();
});

it("uploads leave room for the store on the same disk", async () => {
  const folder = await makeDisk(join(await tempDir(), "disk"), "16m");
  const uploads = await Uploads.open({ folder: join(folder, "uploads"), reservedBytes: 4 << 20 });
  const store = new Store(join(folder, "store"), { reservedBytes: 2 << 20 });
  onTestFinished(async () => {
    await uploads.close();
    await store.close();
  });
  const never = new AbortController().signal;
  const small = Array.from({ length: 300 }, (_, i) => ({
    name: `f${i}`,
    content: Buffer.alloc(64 << 10, `content ${i} `),
  }));
  for (const entries of [[{ name: "large", content: Buffer.alloc(20 << 20) }], small]) {
    let free = Number.POSITIVE_INFINITY;
    const tar = inChunks(await makeTar(entries));
    const source = (async function* () {
      for await (const chunk of tar) {
        yield chunk;
        free = Math.min(free, freeBytes(folder));
      }
    })();
    const error = await uploads
      .receiveTar(source, () => "", localPrincipal, never)
      .then(() => expect.unreachable("the upload was accepted"), readTypedError);
    expect(error).toMatchObject({ code: Code.ResourceExhausted, reason: "UPLOAD_NO_SPACE" });
    expect(free).toBeGreaterThan(3 << 20);
    await store.builds.put(create(BuildSchema, { id: "1", displayName: "x".repeat(500_000) }));
  }
});

it("a build that cannot be stored leaves nothing, and the same request starts it later", async () => {
  const folder = await tempDir();
  // The store adds nothing below 32 MiB of free space.
  const state = await makeDisk(join(folder, "state"), "48m");
  const host = await startHost({ folder });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "far", driver: "remote", node });
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const spec = { builder: "far", context, outputs: [{ type: "cacheonly" }] };
  const requestId = randomUUID();
  await writeFile(join(state, "file"), Buffer.alloc(24 << 20));
  for (let attempt = 0; attempt < 3; attempt += 1) {
    expect(await failure(host.builds.startBuild({ requestId, spec }))).toMatchObject(refused);
  }
  expect((await host.builds.listBuilds({})).builds).toEqual([]);

  await rm(join(state, "file"));
  const { build } = await host.builds.startBuild({ requestId, spec });
  expect((await watchToEnd(host, build!.id)).finished.state).toBe(BuildState.SUCCEEDED);
  expect((await host.builds.startBuild({ requestId, spec })).build!.id).toBe(build!.id);
  // No build is left running that the host would wait for.
  await stopAtOnce(host);
});

it("a request id that is no UUID is refused, and the host stops at once", async () => {
  const host = await startHost();
  await host.builders.createBuilder({
    name: "far",
    driver: "remote",
    node: { endpoint: lab().buildkitd.address },
  });
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const spec = { builder: "far", context, outputs: [{ type: "cacheonly" }] };
  for (const requestId of ["1", "x".repeat(36), "x".repeat(2000)]) {
    expect(await failure(host.builds.startBuild({ requestId, spec }))).toMatchObject({
      code: Code.InvalidArgument,
      reason: "REQUEST_ID_INVALID",
      fields: [{ field: "request_id" }],
    });
  }
  const { build } = await host.builds.startBuild({ requestId: randomUUID(), spec });
  await watchToEnd(host, build!.id);
  await stopAtOnce(host);
});
