import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { stateVariable } from "../lab/processes.js";
import { buildkit } from "../lab/recipes/buildkit.js";
import { runc } from "../lab/recipes/runc.js";
import { cgroupOf } from "../lab/state.js";
import { goDriver, pythonDriver } from "./examples.js";

/** An example driver, and the flags to create a builder. */
interface Example {
  driver: string;
  folder(): Promise<string>;
  builder(host: TestHost): Promise<string[]>;
}

const examples: Record<string, Example> = {
  Go: {
    driver: "process",
    folder: goDriver,
    async builder({ folder }) {
      const config = join(folder, "buildkitd.toml");
      await writeFile(config, `[worker.oci]\ndefaultCgroupParent = "${cgroupOf(folder)}"\n`);
      const programs = `buildkitd=${await buildkit()}/buildkitd,runc=${await runc()}/runc`;
      return ["--driver-opt", programs, "--buildkitd-config", config];
    },
  },
  Python: {
    driver: "pool",
    folder: pythonDriver,
    builder: async () => ["--driver-opt", `members=${lab().buildkitd.address}`],
  },
};

test.each([
  ["Go", "folder"],
  ["Go", "archive"],
  ["Python", "folder"],
  ["Python", "archive"],
])(
  "the driver in %s is installed from its %s, checked, used and removed",
  async (language, kind) => {
    const { driver, folder, builder } = examples[language]!;
    const folderOfHost = await tempDir();
    const host = await startHost({
      folder: folderOfHost,
      env: { XDG_STATE_HOME: join(folderOfHost, "s"), [stateVariable]: folderOfHost },
    });
    const cli = slipwayOf(host);
    const slipway = async (...args: string[]) => {
      const { code, stdout, stderr } = await cli(args);
      if (code !== 0) throw new Error(`slipway ${args.join(" ")} exited with ${code}:\n${stderr}`);
      return stdout;
    };
    const source = kind === "folder" ? await folder() : await archiveOf(await folder(), host.folder);

    const row = new RegExp(`^${driver} +0\\.1\\.0 +running .*/.local/share/slipway/plugins/${driver}$`, "m");
    expect(await slipway("plugins", "install", source)).toMatch(row);
    expect(await slipway("drivers")).toMatch(new RegExp(`^${driver} `, "m"));
    await slipway("create", "--name", "mine", "--driver", driver, ...(await builder(host)));
    const context = await contextOf({
      Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo ${kind} > /who\n`,
    });
    const out = join(host.folder, "out");
    await slipway("build", "--builder", "mine", "--no-cache", "--output", `type=local,dest=${out}`, context);
    expect(await readFile(join(out, "who"), "utf8")).toBe(`${kind}\n`);

    // A plugin that changed its own files would not start again.
    expect(await slipway("plugins", "verify", driver)).toMatch(new RegExp(`^${driver} +ok +\\d+ `, "m"));
    expect(await slipway("plugins", "restart", driver)).toMatch(row);
    await slipway("rm", "mine");
    expect(await slipway("plugins", "remove", driver)).toBe(`${driver} removed\n`);
    expect(await slipway("plugins")).not.toMatch(new RegExp(`^${driver} `, "m"));
  },
  600_000,
);

async function archiveOf(folder: string, target: string): Promise<string> {
  const archive = join(target, "driver.tar.gz");
  await must("tar", ["-C", dirname(folder), "-czf", archive, basename(folder)]);
  return archive;
}
