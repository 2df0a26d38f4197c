import { randomUUID } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { BuildSpecSchema } from "../src/gen/slipway/build/v1/build_spec_pb.js";
import { RestartRecordSchema } from "../src/gen/slipway/state/v1/restart_record_pb.js";
import { UploadRecordSchema } from "../src/gen/slipway/state/v1/upload_record_pb.js";
import { BuildState } from "../src/gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../src/gen/slipway/v1/build_pb.js";
import { ForwardedCalls } from "../src/host/access/forwarded-calls.js";
import type { Principal } from "../src/host/access/principal.js";
import { planRestarts } from "../src/host/builds/restarts/plan-restarts.js";
import { restartRecord } from "../src/host/builds/restarts/restart-record.js";
import { Keyring } from "../src/host/sealing/keyring.js";
import { defaultUploadLimits } from "../src/host/uploads/limits.js";
import type { SharedStore } from "../src/host/uploads/shared/shared-store.js";
import { SharedUploads } from "../src/host/uploads/shared/shared-uploads.js";
import { ownerOf, treeOf } from "../src/host/uploads/upload-records.js";
import { inPieces, mutated, pieceLengths } from "./inputs.js";
import { isProgrammingError, target } from "./target.js";

const typed = (error: unknown) => error instanceof ConnectError;

const keyring = new Keyring([Buffer.alloc(32, "key of the fuzzer")]);
const plain = new Keyring();
const ann: Principal = { id: "token:ann", role: "builder", groups: ["team"] };

/** One object. */
class MemoryStore implements SharedStore {
  constructor(
    public bytes: Uint8Array,
    private readonly lengths: readonly number[],
  ) {}

  async put(_name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(part);
    this.bytes = Buffer.concat(parts);
  }

  async get(): Promise<AsyncIterable<Uint8Array>> {
    return inPieces(this.bytes, this.lengths);
  }

  async remove(): Promise<void> {}
  close(): void {}
}

const id = randomUUID();
const file = { digest: `sha256:${"0".repeat(64)}`, size: 5n, inode: "" };
const entryOf = (name: string, folderNumber: number, kind: object) => ({
  name: Buffer.from(name),
  folderNumber,
  mode: 0o755,
  mtimeNs: 1n,
  kind,
});
const entries = [
  entryOf("folder", 0, { case: "folder", value: {} }),
  entryOf("file", 1, { case: "file", value: file }),
  entryOf("same", 0, { case: "file", value: { ...file, inode: "1" } }),
  entryOf("link", 0, { case: "linkTarget", value: Buffer.from("folder") }),
] as never[];

async function* parts() {
  yield create(UploadRecordSchema, {
    owner: ann.id,
    role: ann.role,
    groups: [...ann.groups],
    cacheKey: "project",
    entryCount: entries.length,
  });
  yield create(UploadRecordSchema, { entries: entries.slice(0, 3) });
  yield create(UploadRecordSchema, { entries: entries.slice(3) });
}

async function* contentOf() {
  yield Buffer.from("hello");
}

/** An upload as a host stores it. */
async function stored(keys: Keyring): Promise<Uint8Array> {
  const store = new MemoryStore(Buffer.of(), [1]);
  await new SharedUploads(store, keys).put(id, parts(), contentOf);
  return store.bytes;
}
const [sealedObject, plainObject] = [await stored(keyring), await stored(plain)];

const build = create(BuildSchema, { id, owner: ann.id, state: BuildState.RUNNING, attempt: 1 });
const spec = create(BuildSpecSchema, {
  builder: "b",
  context: { source: { case: "upload", value: id } },
  outputs: [{ type: "cacheonly" }],
  buildArgs: { A: "b" },
});
const records = [keyring, plain].map((keys) =>
  toBinary(RestartRecordSchema, restartRecord(build, spec, { obstacle: "", bake: "" }, keys)),
);

const calls = new ForwardedCalls(keyring.signingKeys);
const header = Buffer.from(
  calls.sign(calls.process, "/path", { ...ann, projects: new Map([["a", "viewer"]]) }),
);

/** Readers of what one host stores or sends for another one, which others can have changed. */
export const hostParsers = [
  target({
    name: "shared upload",
    inputs: fc.record({
      object: fc.oneof(mutated(plainObject), mutated(plainObject), mutated(sealedObject)),
      isSealed: fc.boolean(),
      lengths: pieceLengths,
    }),
    async run({ object, isSealed, lengths }) {
      const found = await new SharedUploads(
        new MemoryStore(object, lengths),
        isSealed ? keyring : plain,
      ).find(id);
      if (!found) return;
      ownerOf(found.head);
      let memory = 0;
      const tree = await treeOf(
        found.parts(),
        defaultUploadLimits,
        () => true,
        (bytes) => {
          memory += bytes;
        },
      );
      if (memory > 1 << 20) throw new Error("a small object takes much memory");
      if (isSealed && tree && tree.entries !== entries.length) throw new Error("a changed record is taken");
      if (tree) for await (const { bytes } of found.contents()) for await (const _ of bytes);
      await found.close();
    },
    refuses: typed,
  }),
  target({
    name: "build of another host",
    inputs: fc.record({
      record: fc.oneof(...records.map((each) => mutated(each))),
      state: fc.constantFrom(BuildState.RUNNING, BuildState.QUEUED),
      isSealed: fc.boolean(),
    }),
    run({ record: bytes, state, isSealed }) {
      let record: ReturnType<typeof create<typeof RestartRecordSchema>>;
      try {
        record = fromBinary(RestartRecordSchema, bytes);
      } catch {
        // The store gives the build this obstacle.
        return;
      }
      const left = { build: { ...build, state }, record, host: "other" };
      const { restarts, lost } = planRestarts([left], isSealed ? keyring : plain, () => ann, true);
      if (restarts.length + lost.length !== 1) throw new Error("a build is lost without a word");
      const [restart] = restarts;
      if (isSealed && restart && restart.spec.builder !== "b") throw new Error("a changed build is run");
    },
    refuses: typed,
  }),
  target({
    name: "forwarded call",
    inputs: fc.oneof(
      mutated(header).map((bytes) => bytes.toString("latin1")),
      fc.string({ maxLength: 40 }),
    ),
    run(text) {
      const { id: name } = calls.read(text, "/path");
      if (text !== header.toString() && name !== ann.id) throw new Error("a changed caller is taken");
    },
    refuses: (error) => typed(error) && !isProgrammingError(error),
  }),
];
