import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { dataFolder } from "../../util/data-folder.js";
import { thisMachine } from "../plugins/discovery.js";
import { PluginInstallation } from "../plugins/install/installation.js";
import { checkPluginFiles } from "./plugin-files.js";

// biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the manifest.
const node = "${node}";

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-installed-"));
  env = { XDG_DATA_HOME: join(folder, "data") };
  return () => rm(folder, { recursive: true });
});

/** Installs a plugin; returns its folder. */
async function install(name: string): Promise<string> {
  const source = join(folder, name);
  await mkdir(source);
  await writeFile(join(source, "main.js"), "");
  const manifest = {
    manifestVersion: 1,
    name,
    version: "1.0.0",
    protocols: [2],
    command: [node, "main.js"],
    drivers: [name],
  };
  await writeFile(join(source, "slipway-plugin.json"), JSON.stringify(manifest));
  const installation = new PluginInstallation(dataFolder(env), thisMachine);
  await installation.install({ path: source, digest: "", replace: false });
  return join(installation.folder, name);
}

it("says that files are unchanged, or names the file that changed", async () => {
  const installed = await install("acme");
  expect(await checkPluginFiles(env, join(folder, "none"))).toMatchObject([{ outcome: "ok" }]);
  await appendFile(join(installed, "main.js"), "evil()");
  expect(await checkPluginFiles(env, join(folder, "none"))).toMatchObject([
    {
      outcome: "problem",
      reason: "PLUGIN_CHECKSUM_MISMATCH",
      message: expect.stringContaining("main.js"),
      remedy: expect.stringContaining("call RemovePlugin for the plugin acme"),
    },
  ]);
});

it("reports a plugin whose manifest cannot be used, and that there is no plugin", async () => {
  expect(await checkPluginFiles(env, join(folder, "none"))).toMatchObject([{ outcome: "problem" }]);
  const broken = join(folder, "bundled", "broken");
  await mkdir(broken, { recursive: true });
  await writeFile(join(broken, "slipway-plugin.json"), "{");
  expect(await checkPluginFiles(env, join(folder, "bundled"))).toMatchObject([
    { outcome: "problem", message: expect.stringContaining("broken") },
  ]);
});
