import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HandshakeResponseSchema } from "../../gen/slipway/driver/v1/driver_pb.js";
import { parseManifest } from "../../plugin-protocol/manifest.js";
import { createLog } from "../base/log.js";
import { type FoundPlugin, thisMachine } from "./discovery.js";
import { HandshakeCache } from "./handshake-cache.js";
import { shipHandshake } from "./shipped-handshake.js";

const host = { host: { name: "slipway", version: "1.0.0" }, capabilities: [], log: createLog("error") };
const answer = create(HandshakeResponseSchema, { drivers: [{ name: "example", priority: 7 }] });

let folder: string;
let kept: string;
let plugin: FoundPlugin;
let cache: HandshakeCache;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sw-"));
  kept = await mkdtemp(join(tmpdir(), "sw-"));
  await writeFile(join(folder, "main.js"), "first");
  plugin = found("0.1.0");
  cache = new HandshakeCache(kept, host);
  await (await cache.keeper(plugin))(answer);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await rm(kept, { recursive: true });
});

/** A plugin as the bundled ones are packed, which never ran. */
async function packedPlugin(): Promise<FoundPlugin> {
  const { manifest } = found("0.1.0");
  const packed = join(kept, "packed");
  await mkdir(join(packed, "dist"), { recursive: true });
  await writeFile(join(packed, "dist/main.js"), "first");
  await writeFile(join(packed, "slipway-plugin.json"), "{}");
  return { manifest: { ...manifest, name: "packed" }, folder: packed };
}

/** The plugin with a version in its manifest. */
function found(version: string): FoundPlugin {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the manifest.
  const command = ["${node}", "main.js"];
  const plugin = { manifestVersion: 1, protocols: [2], name: "example", drivers: ["example"] };
  const text = JSON.stringify({ ...plugin, version, command });
  return { manifest: parseManifest(text, folder, thisMachine), folder };
}

test("returns the answer to later hosts, in a file that only the user can read", async () => {
  expect(await new HandshakeCache(kept, host).read(plugin)).toEqual(answer);
  expect(await readdir(kept)).toEqual(["example"]);
  expect((await stat(join(kept, "example"))).mode & 0o777).toBe(0o600);
});

test("returns the answer that was packed with a plugin, also from another folder", async () => {
  const packed = await packedPlugin();
  await shipHandshake(packed.folder, host, answer);
  expect(await new HandshakeCache(join(kept, "none"), host).read(packed)).toEqual(answer);

  const copy = join(kept, "copy");
  await cp(packed.folder, copy, { recursive: true });
  const copied = { ...packed, folder: copy };
  expect(await cache.read(copied)).toEqual(answer);
  const newer = { ...host, host: { name: "slipway", version: "1.1.0" } };
  expect(await new HandshakeCache(kept, newer).read(copied)).toBeUndefined();
  for (const file of ["dist/main.js", "slipway-plugin.json"]) {
    const before = await readFile(join(copy, file));
    await writeFile(join(copy, file), "changed");
    expect(await cache.read(copied), file).toBeUndefined();
    await writeFile(join(copy, file), before);
  }
  expect(await cache.read(copied)).toEqual(answer);
});

test("is empty for a plugin whose manifest changed", async () => {
  expect(await cache.read(found("0.2.0"))).toBeUndefined();
});

test("is empty for a file of the plugin that changed, also one with the same size and time", async () => {
  const path = join(folder, "main.js");
  const { atime, mtime } = await stat(path);
  await writeFile(path, "other");
  await utimes(path, atime, mtime);
  expect(await cache.read(plugin)).toBeUndefined();
});

test("is empty for a file that was added to the plugin", async () => {
  await writeFile(join(folder, "more.js"), "");
  expect(await cache.read(plugin)).toBeUndefined();
});

test("is empty for another version of the host, and for other capabilities", async () => {
  const newer = { ...host, host: { name: "slipway", version: "1.1.0" } };
  expect(await new HandshakeCache(kept, newer).read(plugin)).toBeUndefined();
  const abler = { ...host, capabilities: [{ id: "build.native" }] };
  expect(await new HandshakeCache(kept, abler).read(plugin)).toBeUndefined();
});

test("is empty when its file is damaged", async () => {
  const path = join(kept, "example");
  const text = await readFile(path, "utf8");
  for (const damaged of [
    "",
    "\n",
    text.slice(0, -3),
    text.slice(10),
    text.replace(/\n./, "\nX"),
    "\0".repeat(99),
  ]) {
    await writeFile(path, damaged);
    expect(await cache.read(plugin), JSON.stringify(damaged)).toBeUndefined();
  }
});

test("keeps the answer for the files from before the start", async () => {
  const keep = await cache.keeper(plugin);
  await writeFile(join(folder, "main.js"), "changed during the start");
  await keep(answer);
  expect(await cache.read(plugin)).toBeUndefined();
});

test("keeps nothing of a plugin that an operator runs", async () => {
  const tls = { ca: "ca.pem", certificate: "cert.pem", key: "key.pem" };
  const operated = {
    ...plugin.manifest,
    command: undefined,
    address: { host: "h", port: 1, tls, serverName: "h" },
  };
  const elsewhere = { manifest: operated, folder };
  await (await cache.keeper(elsewhere))(answer);
  expect(await cache.read(elsewhere)).toBeUndefined();
});
