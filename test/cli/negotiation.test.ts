import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { contextOf } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { tempDir } from "../lab/index.js";
import { type Slipway, slipwayOf } from "./slipway.js";

let host: TestHost;
let slipway: Slipway;
let context: string;
let cache: string;
beforeEach(async () => {
  host = await startHost();
  slipway = slipwayOf(host);
  context = await contextOf({ Dockerfile: "FROM scratch\nCOPY a /\n", a: "" });
  cache = await tempDir();
});

const folder = () => join(cache, "slipway", "negotiated");

/** Builds; the builder is that of DOCKER_HOST, which the host asks for in Negotiate. */
async function build() {
  const { code, stderr } = await slipway(["build", "--progress", "plain", context], {
    env: { XDG_CACHE_HOME: cache },
  });
  expect(stderr).toContain("COPY a /");
  expect(code).toBe(0);
}

async function kept(): Promise<string> {
  const [name = ""] = await readdir(folder());
  return join(folder(), name);
}

test("keeps the host's answer to Negotiate for later builds, for its user only", async () => {
  await build();
  const file = await kept();
  const { etag, capabilities } = JSON.parse(await readFile(file, "utf8"));
  expect(etag).toMatch(/^".+"$/);
  expect(capabilities).toContainEqual({ id: "paths.local" });
  const before = await stat(file);
  expect(before.mode & 0o777).toBe(0o600);
  await build();
  expect((await stat(file)).mtimeMs).toBe(before.mtimeMs);
});

test("negotiates again when the answer does not hold any more", async () => {
  await build();
  const file = await kept();
  const answer = await readFile(file, "utf8");
  await writeFile(file, JSON.stringify({ etag: '"other"', capabilities: [{ id: "paths.local" }] }));
  await build();
  expect(await readFile(file, "utf8")).toBe(answer);
});

test.each([
  "",
  "{",
  "[]",
  '{"etag":1}',
  '{"etag":"x"}',
  '{"etag":"x","capabilities":[],"environment":{"variables":1}}',
])("ignores a damaged file: %j", async (text) => {
  await build();
  const file = await kept();
  const answer = await readFile(file, "utf8");
  await writeFile(file, text);
  await build();
  expect(await readFile(file, "utf8")).toBe(answer);
});

test("builds without a folder for the answer", async () => {
  await mkdir(join(cache, "slipway"));
  await writeFile(folder(), "not a folder");
  await build();
  expect(await readFile(folder(), "utf8")).toBe("not a folder");
});
