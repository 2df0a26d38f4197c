import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { discover, pluginSearchPath, thisMachine } from "./discovery.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "discovery-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Writes a plugin and returns its folder. */
function plugin(path: string, manifest: Record<string, unknown> = {}): string {
  const folder = join(root, path);
  mkdirSync(folder, { recursive: true });
  for (const directory of [folder, join(folder, "..")]) chmodSync(directory, 0o755);
  const name = path.split("/").at(-1)!;
  const complete = {
    manifestVersion: 1,
    name,
    version: "1.0.0",
    protocols: [2],
    command: ["run"],
    drivers: [name],
    ...manifest,
  };
  writeFileSync(join(folder, "slipway-plugin.json"), JSON.stringify(complete), { mode: 0o644 });
  // A file that would leave a trace if it were executed.
  writeFileSync(join(folder, "run"), `#!/bin/sh\ntouch ${root}/executed\n`, { mode: 0o755 });
  return folder;
}

function find(...folders: string[]) {
  return discover(folders.map((folder) => ({ path: join(root, folder) })));
}

test("lists plugins in the order of the folders, and by name within a folder", async () => {
  plugin("a/zebra");
  plugin("a/ant");
  plugin("b/cow");
  mkdirSync(join(root, "a/.hidden"));
  mkdirSync(join(root, "a/no-plugin"));
  writeFileSync(join(root, "a/file"), "");
  const found = await find("missing", "a", "b", "a/file");
  expect(found.map(({ name, state }) => `${name} ${state}`)).toEqual([
    "ant usable",
    "zebra usable",
    "cow usable",
  ]);
});

test("accepts a plugin's own folder as a search folder, and lists each plugin once", async () => {
  const folder = plugin("a/ant");
  symlinkSync(folder, join(root, "a/link"));
  const found = await find("a/ant", "a");
  expect(found).toMatchObject([{ name: "ant", state: "usable", folder }]);
});

test("lists shadowed plugins with the reason", async () => {
  plugin("a/ant", { drivers: ["one", "two"] });
  plugin("b/ant");
  plugin("b/cow", { drivers: ["two", "three"] });
  plugin("b/dog", { drivers: ["one"] });
  const [, second, partial, covered] = await find("a", "b");
  expect(second).toMatchObject({
    state: "shadowed",
    reason: `a plugin with the same name in ${join(root, "a/ant")} takes precedence`,
  });
  expect(partial).toMatchObject({
    state: "usable",
    drivers: ["three"],
    note: "the driver two is taken from the plugin ant",
  });
  expect(covered).toMatchObject({
    state: "shadowed",
    reason: "the driver one is taken from the plugin ant",
  });
});

test("a disabled plugin is listed as disabled, although another one has its driver", async () => {
  plugin("a/ant");
  plugin("b/off", { drivers: ["ant"] });
  const folders = ["a", "b"].map((path) => ({ path: join(root, path) }));
  const lock = { disabled: ["off"], plugins: {} };
  const found = await discover(folders, thisMachine, lock);
  expect(found).toMatchObject([
    { name: "ant", state: "usable" },
    { name: "off", state: "disabled" },
  ]);
});

test("an invalid plugin does not shadow a plugin with the same name", async () => {
  plugin("a/ant", { protocols: [9] });
  plugin("b/ant");
  const found = await find("a", "b");
  expect(found.map(({ state }) => state)).toEqual(["invalid", "usable"]);
  expect(found[0]).toMatchObject({ reason: /speaks driver protocol 9/ });
});

test.each([
  ["slipway-plugin.json", 0o646, /slipway-plugin.json is writable by everyone; run: chmod o-w/],
  ["run", 0o757, /run is writable by everyone/],
  [".", 0o777, /is writable by everyone/],
])("refuses a plugin whose %s others can write", async (file, mode, reason) => {
  const folder = plugin("a/ant");
  chmodSync(join(folder, file), mode);
  expect(await find("a")).toMatchObject([{ state: "invalid", reason }]);
});

test("trusts the bundled folder regardless of its modes", async () => {
  const folder = plugin("a/ant");
  chmodSync(join(folder, "run"), 0o777);
  expect(await discover([{ path: join(root, "a"), bundled: true }])).toMatchObject([{ state: "usable" }]);
});

test("executes nothing", async () => {
  plugin("a/ant");
  await find("a");
  await expect(import("node:fs/promises").then(({ stat }) => stat(join(root, "executed")))).rejects.toThrow(
    "ENOENT",
  );
});

test("the search path has the user's folders, then the machine's, then the bundled one", () => {
  const env = { SLIPWAY_PLUGIN_PATH: "/one:relative:/two", XDG_DATA_HOME: "/data" };
  expect(pluginSearchPath(env, "/opt/slipway/plugins")).toEqual([
    { path: "/one" },
    { path: "/two" },
    { path: "/data/slipway/plugins", locked: true },
    { path: "/usr/local/lib/slipway/plugins" },
    { path: "/usr/lib/slipway/plugins" },
    { path: "/opt/slipway/plugins", bundled: true },
  ]);
  expect(pluginSearchPath({}).map(({ path }) => path)[0]).toMatch(/\.local\/share\/slipway\/plugins$/);
});
