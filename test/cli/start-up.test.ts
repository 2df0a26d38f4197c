import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contextOf } from "../host/build.js";
import { startHost } from "../host/host.js";
import { tempDir } from "../lab/index.js";
import { slipwayOf } from "./slipway.js";

/** Parts of Node that take longer to load than the rest of a build. */
const slow = ["internal/deps/undici/undici", "internal/crypto/webcrypto"];

test("a build loads neither fetch nor WebCrypto", async () => {
  const slipway = slipwayOf(await startHost());
  const tell = join(await tempDir(), "tell.cjs");
  await writeFile(tell, 'process.on("exit", () => console.log(JSON.stringify(process.moduleLoadList)));');
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
  const env = { NODE_OPTIONS: `--require ${tell}` };
  const { stdout, code } = await slipway(["build", "--progress", "none", context], { env });
  expect(code).toBe(0);
  const loaded: string[] = JSON.parse(stdout).map((name: string) => name.replace("NativeModule ", ""));
  expect(loaded).toContain("http2");
  expect(loaded.filter((name) => slow.includes(name))).toEqual([]);
});
