import { expect, it } from "vitest";
import { prepareVariable } from "../../src/cli/serve/prepare-variable.js";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { startHost } from "../host/host.js";
import { lab } from "../lab/index.js";

it.each([
  ["the default builder", ""],
  ["a builder that is named", "default"],
])("a host starts the plugin of %s before a call needs it", async (_, builder) => {
  const env = { [prepareVariable]: builder, DOCKER_HOST: lab().engine29.host };
  const host = await startHost({ env });
  const state = async () => {
    const { plugins } = await host.plugins.listPlugins({});
    return plugins.find(({ name }) => name === "docker")?.state;
  };
  await expect.poll(state).toBe(PluginState.RUNNING);
});

it("a host whose builder cannot be prepared serves", async () => {
  const host = await startHost({ env: { [prepareVariable]: "unknown" } });
  const { plugins } = await host.plugins.listPlugins({});
  expect(plugins.map(({ name }) => name)).toContain("docker");
});
