import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { NodeConfigSchema } from "slipway/driver";
import { expect, it } from "vitest";
import { dockerHome } from "../../engine/src/docker-home.test-helper.js";
import { validate } from "./validate.js";

const check = (config: MessageInitShape<typeof NodeConfigSchema>, environment: Record<string, string> = {}) =>
  validate(create(NodeConfigSchema, { builder: "default", node: "default", ...config }), environment);

it("accepts existing builders, and completes their endpoint", async () => {
  const DOCKER_CONFIG = await dockerHome({ work: { host: "tcp://w:1" } });
  expect((await check({}, { DOCKER_HOST: "tcp://h" })).config.endpoint).toBe("tcp://h:2375");
  const { config, diagnostics } = await check({ builder: "work", endpoint: "work" }, { DOCKER_CONFIG });
  expect(diagnostics).toEqual([]);
  expect(config.endpoint).toBe(`work?config=${DOCKER_CONFIG}`);
});

it("refuses additional builders with buildx's text", async () => {
  const { diagnostics } = await check({ builder: "mine" });
  expect(diagnostics).toMatchObject([
    {
      reason: "INSTANCES_UNSUPPORTED",
      field: "builder",
      message: expect.stringContaining('Additional instances of driver "docker" cannot be created'),
      remedy: expect.stringContaining("docker-container"),
    },
  ]);
});

it("refuses options, flags and a configuration at once, and names an alternative", async () => {
  const { diagnostics } = await check({
    options: { memory: "1g" },
    daemonFlags: ["--debug"],
    daemonFiles: { "buildkitd.toml": new Uint8Array() },
  });
  const found = Object.fromEntries(
    diagnostics.map(({ field, reason, message }) => [field, [reason, message]]),
  );
  expect(found).toEqual({
    daemon_flags: ["DAEMON_FLAGS_UNSUPPORTED", "Setting buildkit flags is not supported for docker driver."],
    "daemon_files[buildkitd.toml]": [
      "DAEMON_CONFIG_UNSUPPORTED",
      "Setting config file is not supported for docker driver, use dockerd configuration file.",
    ],
    "options[memory]": ["OPTION_UNKNOWN", "Driver options are not supported for docker driver."],
  });
  expect(diagnostics.every(({ remedy }) => remedy.includes("docker-container"))).toBe(true);
});

it("reports what is wrong with an endpoint", async () => {
  const { diagnostics } = await check({ endpoint: "npipe:////./pipe/docker_engine" });
  expect(diagnostics).toMatchObject([{ reason: "ENDPOINT_UNSUPPORTED", field: "endpoint" }]);
});
