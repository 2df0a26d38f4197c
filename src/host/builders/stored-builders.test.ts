import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { beforeEach, expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { type DriverDescriptor, DriverDescriptorSchema } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { BuilderRecordSchema } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { Keyring } from "../sealing/keyring.js";
import { Store } from "../store/store.js";
import { StoredBuilders } from "./stored-builders.js";

const descriptor = create(DriverDescriptorSchema, {
  name: "far",
  options: [{ name: "password", sensitive: true }, { name: "env.*", sensitive: true }, { name: "memory" }],
});
const [first, second] = [randomBytes(32), randomBytes(32)];
const pem = "-----BEGIN EC PRIVATE KEY-----\nprivate-bytes\n-----END EC PRIVATE KEY-----\n";

let folder: string;
let store: Store;
let known: DriverDescriptor | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-stored-builders-"));
  store = new Store(folder);
  known = descriptor;
  return async () => {
    await store.close();
    await rm(folder, { recursive: true });
  };
});

const buildersWith = (...keys: Buffer[]) => new StoredBuilders(store, new Keyring(keys), async () => known);

function builderWith(config: MessageInitShape<typeof NodeConfigSchema>, name = "b") {
  return create(BuilderRecordSchema, {
    name,
    driver: "far",
    nodes: [{ node: "b0", ...config }],
  });
}

const full = () =>
  builderWith({
    options: { password: "hunter2hunter2", "env.TOKEN": "tokentoken", memory: "2g of memory" },
    daemonFiles: { "certs/r/key.pem": Buffer.from(pem), "buildkitd.toml": Buffer.from("debug = true") },
  });

/** Which of the secrets and of the other values are in the files of the store. */
async function stored(): Promise<Record<string, boolean>> {
  const files = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file))));
  const texts = ["hunter2hunter2", "tokentoken", "private-bytes", "2g of memory", "debug = true"];
  return Object.fromEntries(texts.map((text) => [text, files.some((file) => file.includes(text))]));
}

const sealed = {
  hunter2hunter2: false,
  tokentoken: false,
  "private-bytes": false,
  "2g of memory": true,
  "debug = true": true,
};

it("encrypts an option that the present plugin does not declare, since a former one may have", async () => {
  const builders = buildersWith(first);
  await builders.put(full());
  known = create(DriverDescriptorSchema, { name: "far", options: [{ name: "memory" }] });
  await builders.put({ ...builders.get("b")!, allowedPrincipals: ["token:ci"] });
  expect(await stored()).toMatchObject({ hunter2hunter2: false, tokentoken: false, "2g of memory": true });
  expect(builders.get("b")!.nodes[0]!.options).toEqual(full().nodes[0]!.options);
});

it("encrypts sensitive options and private keys only, and returns the builder as it was", async () => {
  const builders = buildersWith(first);
  await builders.put(full());
  expect(await stored()).toEqual(sealed);
  expect(builders.get("b")).toEqual(full());
  expect(builders.all()).toEqual([full()]);
  expect(builders.lockOf("b")).toBeUndefined();
});

it("stores secrets as they are without a key, and encrypts them when there is one", async () => {
  const plain = buildersWith();
  await plain.put(full());
  expect(await stored()).toMatchObject({ hunter2hunter2: true, tokentoken: true, "private-bytes": true });
  expect(await plain.inClear()).toEqual(["b"]);
  await plain.sealAll();
  expect(await plain.inClear()).toEqual(["b"]);

  const builders = buildersWith(first);
  await builders.sealAll();
  // Also in the free pages of the database.
  expect(await stored()).toEqual(sealed);
  expect(await builders.inClear()).toEqual([]);
  expect(builders.get("b")).toEqual(full());
});

it("encrypts every option of a builder whose driver is missing", async () => {
  known = undefined;
  const builders = buildersWith(first);
  await builders.put(full());
  expect(await stored()).toEqual({ ...sealed, "2g of memory": false });
  known = descriptor;
  expect(builders.get("b")).toEqual(full());
});

it("encrypts under the first key what an older key encrypted, and writes nothing twice", async () => {
  await buildersWith(first).put(full());
  await buildersWith(second, first).sealAll();
  const after = store.builders.sealedOf("b");
  await buildersWith(second).sealAll();
  expect(store.builders.sealedOf("b")).toBe(after);
  expect(buildersWith(second).get("b")).toEqual(full());
  expect(readTypedError(buildersWith(first).lockOf("b"))).toMatchObject({ reason: "STATE_KEY_MISSING" });
});

it("reports a missing key and leaves what it cannot decrypt", async () => {
  await buildersWith(first).put(full());
  const before = store.builders.sealedOf("b");
  const [id] = new Keyring([first]).ids;
  for (const other of [buildersWith(), buildersWith(second)]) {
    expect(other.locked()).toEqual([{ builder: "b", error: other.lockOf("b") }]);
    const lock = readTypedError(other.lockOf("b"));
    expect(lock).toMatchObject({ reason: "STATE_KEY_MISSING", metadata: { builder: "b", key: id } });
    expect(other.get("b")!.error).toMatchObject({ reason: lock.reason, message: lock.message });
    expect(await other.put(full()).catch(readTypedError)).toMatchObject({ reason: "STATE_KEY_MISSING" });
    await other.sealAll();
  }
  expect(store.builders.sealedOf("b")).toBe(before);
});

it("does not accept a secret that was moved to another builder, node or option", async () => {
  const builders = buildersWith(first);
  await builders.put(full());
  await builders.put(builderWith({ options: { password: "other" } }, "other"));
  const moves: [string, (text: string) => string][] = [
    ["other", (text) => text],
    ["b", (text) => text.replace('"password"', '"memory"')],
    ["b", (text) => text.replace('"b0"', '"b1"')],
  ];
  for (const [name, change] of moves) {
    const [builder, values] = [store.builders.get(name)!, store.builders.sealedOf(name)];
    await store.builders.put(builder, change(store.builders.sealedOf("b")!));
    expect(readTypedError(builders.lockOf(name))).toMatchObject({ reason: "STATE_SECRET_CORRUPT" });
    await store.builders.put(builder, values);
  }
});

it("compacts at the next start when the host ended before it could", async () => {
  await buildersWith().put(full());
  await store.planCompaction();
  await buildersWith(first).put(full());
  expect(await stored()).toMatchObject({ hunter2hunter2: true });
  await buildersWith(first).sealAll();
  expect(await stored()).toEqual(sealed);
});
