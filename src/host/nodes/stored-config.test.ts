import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type ServiceImpl,
} from "@connectrpc/connect";
import { expect, test } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { DriverDescriptorSchema } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { DriverService } from "../../gen/slipway/driver/v1/driver_pb.js";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import type { PluginUse } from "../plugins/plugin-use.js";
import { formOf, isUpToDate, toCurrentVersion, upgradeConfig } from "./stored-config.js";

const config = create(NodeConfigSchema, { builder: "far", node: "far0", options: { memory: "1" } });
const descriptorOf = (init: MessageInitShape<typeof DriverDescriptorSchema>) =>
  create(DriverDescriptorSchema, { name: "aging", ...init });
const first = formOf(descriptorOf({ options: [{ name: "memory" }] }));

/** A plugin whose driver has a version and new options. */
function plugin(configVersion: number, methods: Partial<ServiceImpl<typeof DriverService>> = {}): PluginUse {
  const descriptor = descriptorOf({ configVersion, options: [{ name: "size", defaultValue: "2" }] });
  const transport = createRouterTransport(({ service }) => void service(DriverService, methods));
  return { descriptor, plugin: "farm", driver: createClient(DriverService, transport) } as PluginUse;
}

const failure = (work: Promise<unknown>) => work.then(() => expect.unreachable(), readTypedError);

test("the form depends on options and endpoint rules, and not on the texts of the driver", () => {
  const driver = { options: [{ name: "memory" }], endpoint: { schemes: ["tcp"] } };
  const form = formOf(descriptorOf(driver));
  expect(isUpToDate(form, descriptorOf({ ...driver, title: "Another title", priority: 7 }))).toBe(true);
  expect(isUpToDate(form, descriptorOf({ ...driver, configVersion: 1 }))).toBe(true);
  expect(isUpToDate(form, descriptorOf({ ...driver, configVersion: 2 }))).toBe(false);
  expect(isUpToDate(form, descriptorOf({ ...driver, endpoint: { schemes: ["unix"] } }))).toBe(false);
  expect(
    isUpToDate(form, descriptorOf({ ...driver, options: [{ name: "memory", defaultValue: "1" }] })),
  ).toBe(false);
  expect(isUpToDate(undefined, descriptorOf(driver))).toBe(false);
});

test("a configuration in the present form is not sent to the driver", async () => {
  const use = plugin(1);
  const form = formOf(use.descriptor);
  expect(await upgradeConfig(use, { config, form })).toEqual({ config, diagnostics: [] });
});

test.each([
  ["of the same version", first],
  ["without a known form", undefined],
])("a configuration %s is validated without an environment", async (_what, form) => {
  const use = plugin(1, {
    validate({ config: given, environment }) {
      expect(environment).toEqual({});
      return { config: { ...given!, options: { ...given!.options, size: "2" } } };
    },
  });
  const present = await upgradeConfig(use, { config, form });
  expect(present.config.options).toEqual({ memory: "1", size: "2" });
});

test("a configuration of an earlier version is upgraded, for the same node", async () => {
  const warning = { severity: Severity.WARNING, reason: "OPTION_RENAMED" };
  const use = plugin(3, {
    upgradeConfig: ({ fromVersion }) => ({
      config: { builder: "b", node: "n", options: { size: String(fromVersion) } },
      diagnostics: [warning],
    }),
  });
  expect(await upgradeConfig(use, { config, form: first })).toMatchObject({
    config: { builder: "far", node: "far0", options: { size: "1" } },
    diagnostics: [warning],
  });
  expect((await toCurrentVersion(use, { config, form: first })).config.options).toEqual({ size: "1" });
});

test("only the version counts for a configuration that is validated anyway", async () => {
  expect(await toCurrentVersion(plugin(1), { config, form: first })).toEqual({ config, diagnostics: [] });
});

test("a configuration of a later version is refused", async () => {
  const form = { ...first, version: 3 };
  for (const work of [upgradeConfig, toCurrentVersion])
    expect(await failure(work(plugin(2), { config, form }))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: "CONFIG_NEWER",
      metadata: { driver: "aging", plugin: "farm", node: "far0", stored_version: "3", plugin_version: "2" },
    });
});

test.each<[string, Partial<ServiceImpl<typeof DriverService>>, string]>([
  [
    "with errors",
    {
      upgradeConfig: () => ({
        config,
        diagnostics: [
          { message: "It is gone", remedy: "Buy more." },
          { severity: Severity.WARNING, message: "It rains." },
        ],
      }),
    },
    "It is gone.",
  ],
  ["without a configuration", { upgradeConfig: () => ({}) }, "The driver returned no configuration."],
  [
    "that fails",
    {
      upgradeConfig() {
        throw new ConnectError("out of memory", Code.Internal);
      },
    },
    "out of memory.",
  ],
  ["that is not implemented", {}, "slipway.driver.v1.DriverService.UpgradeConfig is not implemented."],
])("an upgrade %s is refused", async (_what, methods, why) => {
  const error = await failure(upgradeConfig(plugin(2, methods), { config, form: first }));
  expect(error).toMatchObject({ code: Code.FailedPrecondition, reason: "CONFIG_UPGRADE_FAILED" });
  expect(error.message).toBe(
    `The configuration of node far0 cannot be upgraded from version 1 to 2 for the driver aging: ${why}`,
  );
  expect(error.remedy).toMatch(/Change the node, or install the former version of the plugin farm/);
});

test("a crash of the plugin is no failed upgrade", async () => {
  const use = plugin(2, {
    upgradeConfig() {
      throw new ConnectError("gone", Code.Unavailable);
    },
  });
  expect(await failure(upgradeConfig(use, { config, form: first }))).toMatchObject({
    code: Code.Unavailable,
  });
});
