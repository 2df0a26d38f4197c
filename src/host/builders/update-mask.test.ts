import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { DriverDescriptorSchema } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { NodeSpecSchema } from "../../gen/slipway/v1/builder_pb.js";
import { updatedSpec } from "./update-mask.js";

const toml = new TextEncoder().encode("debug = true\n");
const key = new TextEncoder().encode("a private key");

const config = create(NodeConfigSchema, {
  builder: "far",
  node: "far0",
  endpoint: "tcp://far:1",
  options: { memory: "1", token: "hush", "env.HTTP_PROXY": "http://proxy" },
  daemonFlags: ["--debug"],
  daemonFiles: { "buildkitd.toml": toml, "certs/registry.example/key.pem": key },
  platforms: ["linux/amd64"],
});

const descriptor = create(DriverDescriptorSchema, {
  options: [{ name: "memory" }, { name: "cpus" }, { name: "token" }, { name: "env.*" }],
});

function update(given: MessageInitShape<typeof NodeSpecSchema>, ...paths: string[]) {
  const {
    $typeName: _,
    name: __,
    ...spec
  } = updatedSpec(config, create(NodeSpecSchema, given), paths, descriptor);
  return spec;
}

const { $typeName: _, builder: __, node: ___, ...before } = config;

test.each([
  [
    "one option",
    { options: { memory: "2" } },
    ["options.memory"],
    { options: { ...before.options, memory: "2" } },
  ],
  [
    "a new option",
    { options: { cpus: "2" } },
    ["options.cpus"],
    { options: { ...before.options, cpus: "2" } },
  ],
  [
    "an option with dots, which is removed",
    {},
    ["options.env.HTTP_PROXY"],
    { options: { memory: "1", token: "hush" } },
  ],
  [
    "an option that JSON cannot name as it is",
    { options: { "env.HTTP_PROXY": "x" } },
    ["options.env.%48%54%54%50%5f%50%52%4f%58%59"],
    { options: { ...before.options, "env.HTTP_PROXY": "x" } },
  ],
  ["an option that was not set, which stays so", {}, ["options.cpus"], {}],
  ["all options", { options: { cpus: "2" } }, ["options"], { options: { cpus: "2" } }],
  [
    "all options and one of them",
    { options: { cpus: "2" } },
    ["options", "options.cpus"],
    { options: { cpus: "2" } },
  ],
  ["a field that is cleared", {}, ["platforms", "daemon_flags"], { platforms: [], daemonFlags: [] }],
  ["the endpoint", { endpoint: "tcp://near:1" }, ["endpoint"], { endpoint: "tcp://near:1" }],
  [
    "one file, and not the key beside it",
    { daemonFiles: { "buildkitd.toml": key } },
    ["daemon_files.buildkitd.toml"],
    { daemonFiles: { ...before.daemonFiles, "buildkitd.toml": key } },
  ],
  [
    "a file in a folder, which is removed",
    {},
    ["daemon_files.certs/registry.example/key.pem"],
    { daemonFiles: { "buildkitd.toml": toml } },
  ],
])("a mask changes %s", (_what, given, paths, expected) => {
  expect(update(given, ...paths)).toEqual({ ...before, ...expected });
});

test("what the mask does not name is left as it is", () => {
  const given = { endpoint: "tcp://near:1", options: { memory: "2", cpus: "4" }, platforms: ["linux/arm64"] };
  expect(update(given, "options.memory")).toEqual({ ...before, options: { ...before.options, memory: "2" } });
  expect(config.options.memory).toBe("1");
});

test("every path that names nothing is refused by name", () => {
  const paths = [
    "colour",
    "name",
    "*",
    "options.",
    "options.colour",
    "platforms.0",
    "options.%4",
    "options.cpus",
    "toString",
  ];
  const error = readTypedError(expectThrown(() => update({}, ...paths)));
  expect(error).toMatchObject({ reason: "UPDATE_MASK_INVALID" });
  expect(error.fields!.map(({ field }) => field)).toEqual(
    [0, 1, 2, 3, 4, 5, 6, 8].map((at) => `update_mask.paths[${at}]`),
  );
  expect(error.message).toContain('"colour" is nothing of a node that can be changed.');
});

test("an empty mask is refused", () => {
  expect(readTypedError(expectThrown(() => update({ options: { memory: "2" } })))).toMatchObject({
    reason: "UPDATE_MASK_INVALID",
    fields: [{ field: "update_mask" }],
  });
});

function expectThrown(work: () => unknown): unknown {
  try {
    work();
  } catch (cause) {
    return cause;
  }
  return expect.unreachable();
}
