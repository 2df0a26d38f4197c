import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { goDriver, pythonDriver } from "../example-drivers/examples.js";
import { writeManifest } from "../fixtures/plugins/install.js";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { startHost } from "../host/host.js";
import { freePort, lab, makeTestTls, tempDir } from "../lab/index.js";
import { stateVariable } from "../lab/processes.js";
import { buildkit } from "../lab/recipes/buildkit.js";
import { runc } from "../lab/recipes/runc.js";
import { cgroupOf } from "../lab/state.js";
import { operate } from "../plugins/operate.js";

const drivers = {
  async process(folder: string) {
    const toml = `[worker.oci]\ndefaultCgroupParent = "${cgroupOf(folder)}"\n`;
    return {
      plugin: await goDriver(),
      command: ["./bin/process-driver"] as const,
      node: {
        options: { buildkitd: join(await buildkit(), "buildkitd"), runc: join(await runc(), "runc") },
        daemonFiles: { "buildkitd.toml": Buffer.from(toml) },
      },
    };
  },
  pool: async () => ({
    plugin: await pythonDriver(),
    command: [".venv/bin/python", "-B", "main.py"] as const,
    node: { options: { members: lab().buildkitd.address } },
  }),
};

test.each([
  ["Go", "process"],
  ["Python", "pool"],
] as const)(
  "a host on another machine builds through the tunnel of a plugin of the SDK for %s",
  async (_language, driver) => {
    const folder = await tempDir();
    const { plugin, command, node } = await drivers[driver](folder);
    const [port, tls] = [await freePort(), await makeTestTls(join(folder, "tls"))];
    const env = { XDG_STATE_HOME: join(folder, "s"), [stateVariable]: folder };
    const operated = await operate({ command, cwd: plugin, env, port, tls });

    const plugins = join(folder, "plugins");
    await writeManifest(join(plugins, "far"), {
      name: "far",
      drivers: [driver],
      address: `tcp://127.0.0.1:${port}`,
      tls: { ca: tls.ca, certificate: tls.cert, key: tls.key },
    });
    const host = await startHost({ plugins: [plugins] });
    await host.builders.createBuilder({ name: "far", driver, node });
    const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY text /\n", text: folder });
    await mustBuild(host, { builder: "far", context: fromPath(context), outputs: [{ type: "cacheonly" }] });
    const far = (await host.plugins.listPlugins({})).plugins.find(({ name }) => name === "far");
    expect(far).toMatchObject({ state: PluginState.RUNNING, pid: 0 });
    await host.builders.removeBuilder({ name: "far" });

    const ended = once(operated, "exit");
    operated.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  },
  900_000,
);
