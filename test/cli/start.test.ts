import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli } from "../host/host.js";
import { must, tempDir } from "../lab/index.js";

test.each(["--help", "version"])("%s loads none of Node's network and streams", async (argument) => {
  const hook = join(await tempDir(), "loaded.cjs");
  await writeFile(
    hook,
    'process.on("exit", () => require("node:fs").writeSync(2, process.moduleLoadList.join("\\n")));\n',
  );
  const { stderr } = await must(process.execPath, ["--require", hook, cli, argument]);
  const loaded = stderr.split("\n");
  expect(loaded).toContain("NativeModule fs");
  for (const name of ["net", "stream", "http2"]) expect(loaded).not.toContain(`NativeModule ${name}`);
});
