import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { Severity } from "../gen/slipway/common/v1/diagnostic_pb.js";
import { OptionType } from "../gen/slipway/common/v1/option_pb.js";
import { UpgradeConfigRequestSchema } from "../gen/slipway/driver/v1/driver_pb.js";
import { NodeConfigSchema } from "../gen/slipway/driver/v1/node_pb.js";
import { checkDrivers } from "./capabilities.js";
import type { Driver } from "./driver.js";
import { finding } from "./finding.js";
import { upgradeConfig } from "./upgrade-config.js";
import { validateNode, verdict } from "./validate-node.js";

const descriptor = {
  name: "sample",
  configVersion: 2,
  options: [
    { name: "size", type: OptionType.BYTES },
    { name: "network", type: OptionType.STRING, defaultValue: "host" },
  ],
};

/** Its option "size" was "memory" in version 1. */
const driver: Driver = {
  descriptor,
  validate: async (config) => verdict(validateNode(descriptor, config)),
  async upgradeConfig({ options }) {
    if (options.memory === "none") return { diagnostics: [finding({ reason: "MEMORY_GONE" })] };
    return {
      config: { node: "other", options: { size: options.memory! } },
      diagnostics: [finding({ severity: Severity.WARNING, reason: "OPTION_RENAMED" })],
    };
  },
  bootstrap: async () => ({}),
  inspect: async () => ({}),
  remove: async () => ({}),
  acquire: () => Promise.reject(new Error("There is no BuildKit.")),
};

function upgrade(memory: string, fromVersion = 1) {
  const config = create(NodeConfigSchema, { builder: "b", node: "n0", options: { memory } });
  const { signal } = new AbortController();
  return upgradeConfig(driver, create(UpgradeConfigRequestSchema, { fromVersion }), config, { signal });
}

test("an upgraded configuration is in normal form, for the same node, and has the warnings", async () => {
  await expect(upgrade("2k")).resolves.toMatchObject({
    config: { builder: "b", node: "n0", options: { size: "2048", network: "host" } },
    diagnostics: [{ reason: "OPTION_RENAMED" }],
  });
});

test.each([
  ["none", "MEMORY_GONE"],
  ["heaps", "OPTION_INVALID"],
])("with the memory %s there is no configuration, but %s", async (memory, reason) => {
  const { config, diagnostics } = await upgrade(memory);
  expect(config).toBeUndefined();
  expect(diagnostics).toContainEqual(expect.objectContaining({ reason }));
});

test.each([-1, 0, 2, 3])("version %i is not an earlier one", async (fromVersion) => {
  const error = readTypedError(await upgrade("2k", fromVersion).catch((cause) => cause));
  expect(error).toMatchObject({ reason: "CONFIG_VERSION_INVALID", fields: [{ field: "from_version" }] });
});

test("a version above 1 and upgradeConfig belong together", () => {
  const { upgradeConfig: _, ...without } = driver;
  for (const one of [without, { ...driver, descriptor: { ...descriptor, configVersion: 1 } }])
    expect(() => checkDrivers([one])).toThrow("both or neither of a configVersion above 1");
  expect(() => checkDrivers([driver])).not.toThrow();
});
