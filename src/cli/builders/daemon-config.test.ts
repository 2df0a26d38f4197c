import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parseBuildkitdToml, registryFiles } from "../../config/buildkitd-toml.js";
import { daemonFiles, readDaemonConfig } from "./daemon-config.js";

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text.replaceAll("$DIR", folder));
  }
  return folder;
}

const texts = (files: Record<string, Uint8Array>) =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [name, Buffer.from(content).toString()]));

it("includes the files of registries, under unique names in their folder", async () => {
  const folder = await folderOf({
    "b.toml": [
      "debug = true",
      '[registry."a:1"]\nca = ["$DIR/one/ca.pem", "$DIR/two/ca.pem"]',
      '[[registry."a:1".keypair]]\nkey = "$DIR/one/key.pem"\ncert = "$DIR/one/ca.pem"',
      '[registry."a_1"]\nca = ["$DIR/three/ca.pem"]',
      '[registry.".."]\nca = ["$DIR/one/key.pem", "$DIR/../etc/x"]',
    ].join("\n"),
    "one/ca.pem": "one",
    "two/ca.pem": "two",
    "three/ca.pem": "three",
    "one/key.pem": "key",
  });
  await expect(readDaemonConfig(join(folder, "b.toml"))).rejects.toThrow(/registry \.\. .*ENOENT/);
  await writeFile(
    join(folder, "c.toml"),
    `[registry."a:1"]\nca = ["${folder}/one/ca.pem", "${folder}/two/ca.pem"]\n` +
      `[[registry."a:1".keypair]]\nkey = "${folder}/one/key.pem"\ncert = "${folder}/one/ca.pem"\n` +
      `[registry."a_1"]\nca = ["${folder}/three/ca.pem"]\n[registry.".."]\nhttp = true\nca = ["${folder}/one/key.pem"]\n`,
  );
  const { "buildkitd.toml": toml, ...files } = texts(await readDaemonConfig(join(folder, "c.toml")));
  expect(files).toEqual({
    "certs/a_1/ca.pem": "one",
    "certs/a_1-2/ca.pem": "two",
    "certs/a_1/key.pem": "key",
    "certs/a_1-3/ca.pem": "three",
  });
  expect(toml).toContain('ca = [ "certs/a_1/ca.pem", "certs/a_1-2/ca.pem" ]');
  expect(toml).not.toContain(folder);
  const sent = await readDaemonConfig(join(folder, "c.toml"));
  const named = registryFiles(parseBuildkitdToml(sent["buildkitd.toml"]!)).map(({ path }) => path);
  expect(Object.keys(sent).sort()).toEqual(["buildkitd.toml", ...new Set(named)].sort());
  for (const path of named) expect(posix.join("/certs", path)).toBe(`/certs/${path}`);
});

it("sends a configuration without files unchanged", async () => {
  const folder = await folderOf({ "b.toml": "# mine\ndebug = true\n" });
  expect(texts(await readDaemonConfig(join(folder, "b.toml")))).toEqual({
    "buildkitd.toml": "# mine\ndebug = true\n",
  });
});

it("reports the position of a syntax error, and a missing or too large file", async () => {
  const folder = await folderOf({
    "bad.toml": "a = \n",
    "large.toml": '[registry.x]\nca = ["$DIR/large.pem"]',
    "large.pem": "x".repeat(1024 * 1024 + 1),
  });
  await expect(readDaemonConfig(join(folder, "bad.toml"))).rejects.toThrow(/bad\.toml .*line 1, column 5/);
  await expect(readDaemonConfig(join(folder, "none.toml"))).rejects.toThrow(/ENOENT.*none\.toml/);
  await expect(readDaemonConfig(join(folder, "large.toml"))).rejects.toThrow(/larger than 1 MiB/);
});

it("uses buildx's default for drivers that support a configuration", async () => {
  const BUILDX_CONFIG = await folderOf({ "buildkitd.default.toml": "debug = true\n" });
  const capabilities = [{ id: "daemon.config" }];
  const list = [
    { name: "own", capabilities },
    { name: "far", capabilities: [] },
  ];
  const host = { plugins: { listDrivers: async () => ({ drivers: list, nextPageToken: "" }) } } as never;
  const names = async (flags: object) => Object.keys(await daemonFiles(flags, host, { BUILDX_CONFIG }));
  expect(await names({ driver: "own" })).toEqual(["buildkitd.toml"]);
  expect(await names({ driver: "far" })).toEqual([]);
  expect(await names({})).toEqual([]);
  await expect(names({ driver: "own", buildkitdConfig: "/none.toml" })).rejects.toThrow("/none.toml");
});
