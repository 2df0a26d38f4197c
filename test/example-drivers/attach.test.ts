import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { cli, startHost, type TestHost } from "../host/host.js";
import { lab, pidsOf, run, tempDir, until } from "../lab/index.js";
import { stateVariable } from "../lab/processes.js";
import { buildkit } from "../lab/recipes/buildkit.js";
import { runc } from "../lab/recipes/runc.js";
import { cgroupOf } from "../lab/state.js";
import { type HandRun, runByHand } from "../plugins/run-by-hand.js";
import { goDriver, pythonDriver, typescriptDriver } from "./examples.js";

/** An example, as its author runs it. */
interface Example {
  driver: string;
  plugin: string;
  command: readonly [string, ...string[]];
  options: Record<string, string>;
}

const examples: Record<string, Example> = {};
beforeAll(async () => {
  const go = await goDriver();
  const python = await pythonDriver();
  const typescript = await typescriptDriver();
  examples.Go = {
    driver: "process",
    plugin: go,
    command: [join(go, "bin/process-driver")],
    options: { buildkitd: join(await buildkit(), "buildkitd"), runc: join(await runc(), "runc") },
  };
  examples.Python = {
    driver: "pool",
    plugin: python,
    command: [join(python, ".venv/bin/python"), "-B", join(python, "main.py")],
    options: { members: lab().buildkitd.address },
  };
  examples.TypeScript = {
    driver: "buildah",
    plugin: typescript,
    command: [process.execPath, join(typescript, "dist/main.js")],
    options: { "insecure-registries": lab().registry.host },
  };
}, 900_000);

/** A host with the example installed and a builder on it, and the example run by hand. */
async function start({
  driver,
  plugin,
  command,
  options,
}: Example): Promise<{ host: TestHost; hand: HandRun }> {
  const folder = await tempDir();
  const env = { XDG_STATE_HOME: join(folder, "s"), [stateVariable]: folder };
  const host = await startHost({ plugins: [plugin], env, folder });
  const toml = `[worker.oci]\ndefaultCgroupParent = "${cgroupOf(folder)}"\n`;
  const daemonFiles: Record<string, Buffer> =
    driver === "process" ? { "buildkitd.toml": Buffer.from(toml) } : {};
  await host.builders.createBuilder({ name: "b", driver, node: { options, daemonFiles } });
  const hand = await runByHand(command, { env });
  return { host, hand };
}

const contextWith = async (command: string) =>
  fromPath(await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN ${command}\n` }));

test.each(["TypeScript", "Go", "Python"])(
  "the example in %s runs by hand, is attached, stands at a breakpoint, and is killed during a build",
  async (language) => {
    const { host, hand } = await start(examples[language]!);
    const { driver } = examples[language]!;
    const { pid } = hand.reattach;
    expect(hand.reattach).toMatchObject({ network: "unix", pid: hand.process.pid });
    await hand.invited();

    await hand.pause();
    const attaching = host.plugins.attachPlugin(hand.reattach);
    expect((await host.plugins.listPlugins({})).plugins.map(({ state }) => state)).not.toContain(
      PluginState.ATTACHED,
    );
    hand.resume();
    expect((await attaching).plugin).toMatchObject({ state: PluginState.ATTACHED, pid, drivers: [driver] });
    const { output } = await mustBuild(host, {
      builder: "b",
      context: await contextWith(`echo by hand ${randomUUID()}`),
    });
    expect(output).toContain("by hand");

    const mark = `endless-${randomUUID()}`;
    const endless = await contextWith(`echo started; while true; do sleep 0.1; done; : ${mark}`);
    const { build } = await host.builds.startBuild({ spec: { builder: "b", context: endless } });
    await until("the step to run", async () => (await pidsOf("started", mark)).length > 0);
    await hand.pause();
    hand.resume();
    const { plugins } = await host.plugins.listPlugins({});
    expect(plugins.filter((plugin) => plugin.drivers.includes(driver))).toMatchObject([
      { state: PluginState.ATTACHED, pid },
      { state: PluginState.SHADOWED, pid: 0 },
    ]);
    await hand.end("SIGKILL");
    const gone = async () => (await host.plugins.listPlugins({})).plugins.every((one) => one.pid !== pid);
    await until("the host to notice", gone);
    const { finished } = await watchToEnd(host, build!.id);
    expect(finished).toMatchObject({ state: BuildState.FAILED, error: { reason: "DRIVER_CRASHED" } });
    await until("the step has ended", async () => (await pidsOf("started", mark)).length === 0);

    const again = await mustBuild(host, {
      builder: "b",
      context: await contextWith(`echo installed ${randomUUID()}`),
    });
    expect(again.output).toContain("installed");
    await host.builders.removeBuilder({ name: "b" });
  },
);

test.each(["TypeScript", "Go", "Python"])(
  "the example in %s ends on Ctrl-C and deletes its sockets; without the switch it says what to do",
  async (language) => {
    const { command } = examples[language]!;
    const hand = await runByHand(command);
    const { address } = hand.reattach;
    expect(await hand.end("SIGINT")).toBe(0);
    await expect(readFile(address)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(runByHand(command, { env: { SLIPWAY_PLUGIN_DEBUG: "" } })).rejects.toThrow(
      /ended with 1: .*a Slipway host starts it.*set SLIPWAY_PLUGIN_DEBUG=1/s,
    );
  },
);

test.each(["TypeScript", "Go", "Python"])(
  "the conformance kit checks the example in %s as it runs by hand, and does not end it",
  async (language) => {
    const { command } = examples[language]!;
    const state = await tempDir();
    const hand = await runByHand(command, { env: { XDG_STATE_HOME: join(state, "s") } });
    const { code, stdout } = await run(process.execPath, [cli, "conformance", "--attach", hand.line]);
    expect(stdout).toMatch(/^– DRV-START-LINE .*\n {4}Skipped\. The kit has not started the plugin\.$/m);
    expect(stdout).toMatch(/^– DRV-END-SIGTERM /m);
    for (const id of ["DRV-HANDSHAKE", "DRV-VALIDATE-UNKNOWN", "DRV-CALL-FIELDS", "DRV-CALL-SIZE"])
      expect(stdout).toMatch(new RegExp(`^✓ ${id} `, "m"));
    expect(stdout).toContain(" 0 failed, 0 warned,");
    expect(code).toBe(0);
    expect(await hand.end("SIGINT")).toBe(0);
  },
);
