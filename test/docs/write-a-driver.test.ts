import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startHost } from "../host/host.js";
import { lab } from "../lab/index.js";
import { runSection } from "./script.js";

test.each(["TypeScript", "Go", "Python"])(
  "the driver in %s works as written",
  async (language) => {
    const host = await startHost();
    const variables = { BUILDKIT_HOST: lab().buildkitd.address, SLIPWAY_HOST: `unix://${host.socket}` };
    const { home, stdout } = await runSection("write-a-driver.md", language, variables, {
      // This section applies to each of them.
      more: (scripts) => scripts.get("Use it")!.replaceAll("here-go", `here-${language.toLowerCase()}`),
    });
    expect(stdout).toMatch(/driver here: \d\d passed, 0 failed, 0 warned, \d+ skipped, 0 not run\n/);
    expect(stdout).toMatch(/^here +0\.1\.0 +running .*\nmine\nhere removed\n$/m);
    expect(await readFile(join(home, "out/Dockerfile"), "utf8")).toBe("FROM scratch\nCOPY Dockerfile /\n");
  },
  600_000,
);
