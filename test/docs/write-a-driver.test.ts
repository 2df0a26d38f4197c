import { join } from "node:path";
import { expect, test } from "vitest";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab } from "../lab/index.js";
import { runSection } from "./script.js";

test.each(["TypeScript", "Go", "Python"])(
  "the driver in %s works as it is written",
  async (language) => {
    const variables = { BUILDKIT_HOST: lab().buildkitd.address };
    const { home, stdout } = await runSection("write-a-driver.md", language, variables);
    expect(stdout).toMatch(/driver here: \d\d passed, 0 failed, 0 warned, \d+ skipped, 0 not run\n$/);

    const host = await startHost({ plugins: [join(home, `here-${language.toLowerCase()}`)] });
    const node = { endpoint: lab().buildkitd.address };
    await host.builders.createBuilder({ name: "mine", driver: "here", node });
    const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY . /\n" });
    await mustBuild(host, { builder: "mine", context: fromPath(context) });
  },
  600_000,
);
