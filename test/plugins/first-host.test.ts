import { expect, it } from "vitest";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { startHost } from "../host/host.js";

it("a host that runs for the first time knows the bundled drivers, and starts only what it uses", async () => {
  // With search folders of its own, it has none of the handshakes that earlier hosts of the tests kept.
  const host = await startHost({ plugins: [] });
  const { environment } = await host.host.negotiate({});
  expect(environment?.variables).toContain("KUBECONFIG");
  const { drivers } = await host.plugins.listDrivers({});
  expect(drivers.map(({ name }) => name).sort()).toEqual([
    "docker",
    "docker-container",
    "kubernetes",
    "remote",
  ]);
  expect(await running()).toEqual([]);
  await host.builders.listBuilders({});
  // Only this driver has builders that nobody created.
  expect(await running()).toEqual(["docker"]);

  async function running(): Promise<string[]> {
    const { plugins } = await host.plugins.listPlugins({});
    return plugins.filter(({ state }) => state === PluginState.RUNNING).map(({ name }) => name);
  }
});
