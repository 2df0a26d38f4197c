import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { cli, startHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";

const root = join(import.meta.dirname, "../..");

/** The page as one script for each of its sections: blocks with a file's name are files, and those of sh are run. */
async function scripts(): Promise<Map<string, string>> {
  const text = await readFile(join(root, "docs/write-a-driver.md"), "utf8");
  const sections = text.split(/^## /m).map((section) => {
    const blocks = section.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms);
    const steps = [...blocks].map(([, language, file, body]) => {
      if (file) return `cat > ${file} <<'END_OF_FILE'\n${body}END_OF_FILE\n`;
      return language === "sh" ? body : "";
    });
    return [section.split("\n")[0]!, steps.join("")] as const;
  });
  return new Map(sections);
}

test.each(["TypeScript", "Go", "Python"])(
  "the driver in %s works as it is written",
  async (language) => {
    const all = await scripts();
    const [preparation] = all.values();
    const home = await tempDir();
    await symlink(root, join(home, "slipway"));
    await mkdir(join(home, "bin"));
    await symlink(cli, join(home, "bin/slipway"));
    const script = join(home, "script.sh");
    await writeFile(script, `set -euo pipefail\n${preparation}${all.get(language)}`);
    const own = homedir();
    const env = {
      ...process.env,
      HOME: home,
      PATH: `${home}/bin:${process.env.PATH}:/usr/local/go/bin`,
      BUILDKIT_HOST: lab().buildkitd.address,
      // Another home must not mean empty caches.
      GOPATH: process.env.GOPATH ?? join(own, "go"),
      GOCACHE: process.env.GOCACHE ?? join(own, ".cache/go-build"),
      PIP_CACHE_DIR: process.env.PIP_CACHE_DIR ?? join(own, ".cache/pip"),
      GOFLAGS: "",
    };
    const { stdout } = await must("nice", ["bash", script], { cwd: home, env });
    expect(stdout).toMatch(/driver here: \d\d passed, 0 failed, 0 warned, \d+ skipped, 0 not run\n$/);

    const host = await startHost({ plugins: [join(home, `here-${language.toLowerCase()}`)] });
    const node = { endpoint: lab().buildkitd.address };
    await host.builders.createBuilder({ name: "mine", driver: "here", node });
    const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY . /\n" });
    await mustBuild(host, { builder: "mine", context: fromPath(context) });
  },
  600_000,
);
