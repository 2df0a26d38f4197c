import { execFile } from "node:child_process";
import { copyFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { bundlePlugin, writeManifest } from "../fixtures/plugins/install.js";
import { cached, withLock } from "../lab/cache.js";
import { lab } from "../lab/index.js";
import { failure, Harness, isAlive } from "./harness.js";

const exec = promisify(execFile);

let binaries: string;
let harness: Harness;
beforeAll(async () => {
  binaries = await buildGo(join(import.meta.dirname, "go"));
}, 600_000);
beforeEach(() => {
  harness = new Harness();
});
afterEach(() => harness.close());

/** Builds the Go host and the Go plugin, cached by their sources; the stubs are those of the driver SDK. */
async function buildGo(source: string): Promise<string> {
  const stubs = join(source, "../../../sdk/go/gen/slipway/driver/v1");
  const own = ["go.mod", "go.sum", "host/main.go", "plugin/main.go"].map((file) => join(source, file));
  const files = [...own, ...(await readdir(stubs)).map((file) => join(stubs, file))];
  const text = (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
  const env = {
    ...process.env,
    CGO_ENABLED: "0",
    GOFLAGS: "",
  };
  // One Go build at a time, as in the lab.
  const build = (folder: string) =>
    withLock("go", async () => {
      await exec("go", ["build", "-o", `${folder}/`, "./host", "./plugin"], { cwd: source, env });
    });
  return cached({ name: "go-plugin-peers", text, build });
}

test("this host runs a plugin on hashicorp/go-plugin", async () => {
  const folder = join(harness.plugins, "gopher");
  await writeManifest(folder, { name: "gopher", command: ["./plugin"], drivers: ["gopher"] });
  await copyFile(join(binaries, "plugin"), join(folder, "plugin"));
  const manager = await harness.open();
  const used = await manager.use("gopher");
  const pid = harness.pid(manager);
  expect(used.descriptor.name).toBe("gopher");
  // Its stdout arrives through GRPCStdio, its log as JSON on stderr.
  await expect.poll(() => harness.logged).toContain("debug printed by Go");
  expect(harness.logged.some((line) => line.endsWith("configuring server automatic mTLS"))).toBe(true);
  expect((await failure(used.driver.inspect({ driver: "gopher" }))).reason).toBe("DRIVER_INCOMPLETE");
  used.release();

  await manager.close();
  expect(isAlive(pid)).toBe(false);
  expect(manager.list()[0]).toMatchObject({ state: PluginState.IDLE, reason: "" });
});

test.each(["with AutoMTLS", "in plain text"])(
  "a host on hashicorp/go-plugin runs a plugin of the SDK %s",
  async (how) => {
    const plugin = join(harness.folder, "main.js");
    await bundlePlugin("buildkitd", plugin);
    const env = { ...process.env, TMPDIR: harness.folder, PLAIN: how === "in plain text" ? "1" : "" };
    const { stdout, stderr } = await exec(join(binaries, "host"), [process.execPath, plugin], { env });
    expect(stdout).toMatch(/^driver buildkitd: BuildKit daemon on a unix socket\nexited: true\n$/);
    expect(stderr).toContain("@module=buildkitd");
    expect(stderr).toContain("plugin process exited");
    expect(stderr).not.toMatch(/\[(WARN|ERROR)\]/);
  },
);

test.each(["the bundled driver remote", "a driver that proxies the bytes"])(
  "a host on hashicorp/go-plugin validates, dials and talks to BuildKit through %s",
  async (which) => {
    let plugin = join(import.meta.dirname, "../../plugins/remote/dist/main.js");
    if (which !== "the bundled driver remote") {
      plugin = join(harness.folder, "main.js");
      await bundlePlugin("buildkitd", plugin);
    }
    const env = { ...process.env, TMPDIR: harness.folder, ENDPOINT: lab().buildkitd.address };
    const { stdout } = await exec(join(binaries, "host"), [process.execPath, plugin], { env });
    expect(stdout.split("\n").slice(1)).toEqual([
      "refused: OPTION_UNKNOWN options[nope]",
      "BuildKit answered: true",
      "exited: true",
      "",
    ]);
  },
);
