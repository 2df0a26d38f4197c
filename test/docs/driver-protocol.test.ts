import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { checks, formatResult, runConformance } from "../../src/conformance/index.js";
import { programOptions } from "../lab/bundle.js";
import { tempDir } from "../lab/index.js";

const root = join(import.meta.dirname, "../..");

test("the example keeps the rules of its page", async () => {
  const page = await readFile(join(root, "docs/driver-protocol.md"), "utf8");
  const contents = /^```js\n(.*?)^```$/ms.exec(page)![1]!;
  const cwd = await tempDir();
  await build({
    ...programOptions,
    stdin: { contents, resolveDir: root },
    alias: { "slipway/driver": join(root, "src/driver/index.ts") },
    outfile: join(cwd, "main.mjs"),
    // Such as a name that the SDK does not export.
    logOverride: { "import-is-undefined": "error" },
  });
  // The same driver passes the checks that need a BuildKit in write-a-driver.test.ts.
  const only = checks.filter(({ id, backend }) => !backend || id === "DRV-UNREACHABLE").map(({ id }) => id);
  const backend = { config: { endpoint: "unix:///nonexistent/buildkitd.sock" } };
  const command: [string, string] = [process.execPath, "main.mjs"];
  const { results } = await runConformance({ command, cwd, only, backend });
  const faults = results.filter(({ outcome }) => outcome !== "passed" && outcome !== "skipped");
  expect(faults.map(formatResult).join("")).toBe("");
  const passed = results.filter(({ outcome }) => outcome === "passed").map(({ id }) => id);
  expect(passed).toEqual(expect.arrayContaining(["DRV-SCHEMA", "DRV-UNREACHABLE"]));
});
