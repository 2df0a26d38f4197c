import { createHash } from "node:crypto";
import { appendFile, chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import { bundlePlugin, writeManifest } from "../fixtures/plugins/install.js";
import { startHost, type TestHost } from "../host/host.js";
import { must, tempDir } from "../lab/index.js";

// biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the manifest.
const node = "${node}";
let host: TestHost;
let source: string;

beforeEach(async () => {
  host = await startHost();
  source = join(await tempDir(), "odd");
  await plugin();
});

/** Writes the plugin to install. */
async function plugin(manifest: Record<string, unknown> = {}): Promise<void> {
  const complete = { name: "odd", command: [node, "main.js", "well"], drivers: ["odd"], ...manifest };
  await writeManifest(source, complete);
  await bundlePlugin("odd", join(source, "main.js"));
  await writeFile(join(source, "notes.txt"), "read me\n");
}

const installed = () => join(host.folder, ".local/share/slipway/plugins");
const install = (path = source, more: { digest?: string; replace?: boolean } = {}) =>
  host.plugins.installPlugin({ path, ...more });
const failure = (work: Promise<unknown>) => work.then(() => expect.unreachable(), readTypedError);
const find = async (name: string) =>
  (await host.plugins.listPlugins({})).plugins.find((candidate) => candidate.name === name);

it("installs a folder, makes its driver available, and deletes it", async () => {
  const { plugin: added } = await install();
  expect(added).toMatchObject({
    name: "odd",
    state: PluginState.RUNNING,
    installation: { source, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
  });
  const { drivers } = await host.plugins.listDrivers({});
  expect(drivers.map(({ name }) => name)).toContain("odd");
  expect(await readdir(installed())).toEqual(["odd"]);

  await host.plugins.removePlugin({ name: "odd" });
  expect(await find("odd")).toBeUndefined();
  expect(await readdir(installed())).toEqual([]);
  expect(await failure(host.plugins.removePlugin({ name: "odd" }))).toMatchObject({
    reason: "PLUGIN_UNKNOWN",
  });
  expect(await failure(host.plugins.removePlugin({ name: "docker" }))).toMatchObject({
    reason: "PLUGIN_NOT_INSTALLED",
    remedy: expect.stringContaining("SetPluginEnabled for the plugin docker"),
  });
});

it("installs an archive only with the expected SHA-256", async () => {
  const archive = join(source, "../odd.tar.gz");
  await must("tar", ["-C", join(source, ".."), "-czf", archive, "odd"]);
  const hex = createHash("sha256")
    .update(await readFile(archive))
    .digest("hex");
  const digest = `sha256:${hex}`;
  expect(await failure(install(archive, { digest: `sha256:${"0".repeat(64)}` }))).toMatchObject({
    reason: "PLUGIN_CHECKSUM_MISMATCH",
    message: expect.stringContaining(digest),
  });
  expect(await find("odd")).toBeUndefined();
  const { plugin: added } = await install(archive, { digest });
  expect(added).toMatchObject({ state: PluginState.RUNNING, installation: { source: archive } });
});

it("does not start a plugin whose files have changed, and names the file", async () => {
  await install();
  expect((await host.plugins.verifyPlugins({ names: ["odd"] })).plugins).toMatchObject([
    { name: "odd", checkedFileCount: 3, problems: [] },
  ]);
  for (const change of [
    () => appendFile(join(installed(), "odd/main.js"), "\n// changed\n"),
    () => writeFile(join(installed(), "odd/added.js"), ""),
    () => rm(join(installed(), "odd/notes.txt")),
  ]) {
    await install(source, { replace: true });
    await change();
    const { problems } = (await host.plugins.verifyPlugins({ names: ["odd"] })).plugins[0]!;
    expect(problems).toHaveLength(1);
    const error = await failure(host.plugins.restartPlugin({ name: "odd" }));
    expect(error).toMatchObject({ reason: "PLUGIN_CHECKSUM_MISMATCH" });
    expect(problems[0]!.reason).toBe("PLUGIN_CHECKSUM_MISMATCH");
    expect(error.message).toContain(problems[0]!.message);
  }
  const { plugin: repaired } = await install(source, { replace: true });
  expect(repaired!.state).toBe(PluginState.RUNNING);
});

it("replaces a plugin only on request, and reports the new version", async () => {
  await install();
  await plugin({ version: "0.2.0" });
  expect(await failure(install())).toMatchObject({ reason: "PLUGIN_INSTALLED" });
  expect((await find("odd"))!.version).toBe("0.1.0");
  const { plugin: replaced } = await install(source, { replace: true });
  expect(replaced).toMatchObject({ version: "0.2.0", state: PluginState.RUNNING });
  expect(await readdir(installed())).toEqual(["odd"]);
});

it("disables and enables a plugin permanently, also one that was not installed", async () => {
  const { plugin: disabled } = await host.plugins.setPluginEnabled({ name: "remote", enabled: false });
  expect(disabled).toMatchObject({
    state: PluginState.DISABLED,
    reason: "PLUGIN_DISABLED",
    message: "the user has disabled it",
  });
  const create = (on: TestHost) =>
    failure(
      on.builders.createBuilder({ name: "far", driver: "remote", node: { endpoint: "tcp://127.0.0.1:1" } }),
    );
  expect(await create(host)).toMatchObject({ reason: "DRIVER_UNKNOWN" });
  host.process.kill("SIGTERM");
  await host.ended;
  const next = await startHost({ folder: host.folder });
  expect(await create(next)).toMatchObject({ reason: "DRIVER_UNKNOWN" });
  const { plugin: enabled } = await next.plugins.setPluginEnabled({ name: "remote", enabled: true });
  expect(enabled!.state).toBe(PluginState.IDLE);
});

it.each<[string, () => Promise<unknown>, Record<string, unknown>]>([
  [
    "an invalid manifest, with all its errors",
    () => plugin({ drivers: ["Odd!"], protocols: [99] }),
    { reason: "PLUGIN_INVALID", message: expect.stringMatching(/drivers must be.*driver protocol 99/) },
  ],
  [
    "a manifest for another platform",
    () => plugin({ command: undefined, platforms: { "plan9-mips": { command: ["x"] } } }),
    { reason: "PLUGIN_INVALID", message: expect.stringContaining("only plan9-mips") },
  ],
  [
    "a wrong checksum in the manifest",
    () => plugin({ sha256: { "main.js": "0".repeat(64) } }),
    { reason: "PLUGIN_CHECKSUM_MISMATCH", message: expect.stringContaining("the manifest has 000") },
  ],
  [
    "a missing program",
    () => plugin({ command: ["./none"] }),
    { reason: "PLUGIN_INVALID", message: expect.stringContaining("is missing") },
  ],
  [
    "a folder without a manifest",
    () => rm(join(source, "slipway-plugin.json")),
    { reason: "PLUGIN_INVALID", message: expect.stringContaining("it has no slipway-plugin.json") },
  ],
  [
    "a link to a file outside the folder",
    () => symlink("/etc/passwd", join(source, "link")),
    { reason: "PLUGIN_INVALID", message: expect.stringContaining("points to /etc/passwd") },
  ],
])("refuses %s, and leaves no files", async (_what, spoil, expected) => {
  await spoil();
  expect(await failure(install())).toMatchObject(expected);
  expect(await find("odd")).toBeUndefined();
  expect(await readdir(installed())).toEqual([]);
});

it("refuses archives with paths outside their folder, and files that are not archives", async () => {
  const archive = join(source, "../evil.tar");
  await must("tar", ["-C", source, "-cPf", archive, "slipway-plugin.json", "../odd/main.js"]);
  expect(await failure(install(archive))).toMatchObject({
    reason: "PLUGIN_SOURCE_UNREADABLE",
    message: expect.stringContaining("leads out of the folder"),
  });
  expect(await failure(install(join(source, "main.js")))).toMatchObject({
    reason: "PLUGIN_SOURCE_UNREADABLE",
  });
  expect(await failure(install("/none"))).toMatchObject({ reason: "PLUGIN_SOURCE_UNREADABLE" });
  expect(await failure(install("odd"))).toMatchObject({ reason: "PATH_NOT_ABSOLUTE" });
});

it("lists a plugin that does not start with the reason and its last lines", async () => {
  await writeFile(join(source, "main.js"), 'console.error("no luck today"); process.exit(7);\n');
  const { plugin: added } = await install();
  expect(added).toMatchObject({
    state: PluginState.BACKOFF,
    reason: "PLUGIN_EXITED",
    message: expect.stringContaining("it exited with code 7"),
    lastLines: ["no luck today"],
  });
});

it("supports all of this on the command line, with exit codes", async () => {
  const slipway = slipwayOf(host);
  const added = await slipway(["plugins", "install", source]);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/^odd +0\.1\.0 +running /m) });
  expect(await slipway(["plugins", "install", source])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("already installed"),
  });
  const { stdout } = await slipway(["plugins", "inspect", "odd"]);
  expect(JSON.parse(stdout)).toMatchObject([{ Name: "odd", Installation: { Source: source } }]);
  expect((await slipway(["plugins", "disable", "odd"])).stdout).toContain("odd is disabled: ");
  expect((await slipway(["plugins", "enable", "odd"])).stdout).toMatch(/^odd .* idle/m);
  await writeFile(join(installed(), "odd/added.js"), "");
  const verified = await slipway(["plugins", "verify"]);
  expect(verified).toMatchObject({ code: 1, stdout: expect.stringMatching(/^odd +changed +3 /m) });
  expect(verified.stdout).toContain("added.js was added after the installation");
  expect(await slipway(["plugins", "remove", "odd"])).toMatchObject({ code: 0, stdout: "odd removed\n" });
});

it("makes nothing writable for other users, whatever the modes of the source", async () => {
  await chmod(join(source, "main.js"), 0o777);
  await mkdir(join(source, "lib"), { mode: 0o777 });
  await chmod(join(source, "lib"), 0o777);
  await writeFile(join(source, "lib/a.js"), "");
  await install();
  const { stdout } = await must("find", [installed(), "-perm", "/022"]);
  expect(stdout).toBe("");
});
