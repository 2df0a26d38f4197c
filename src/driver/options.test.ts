import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Severity } from "../gen/slipway/common/v1/diagnostic_pb.js";
import { OptionDescriptorSchema, OptionType } from "../gen/slipway/common/v1/option_pb.js";
import { checkOptions } from "./options.js";

function schema(...options: MessageInitShape<typeof OptionDescriptorSchema>[]) {
  return options.map((option) => create(OptionDescriptorSchema, option));
}

const all = schema(
  { name: "image", type: OptionType.STRING, defaultValue: "moby/buildkit" },
  { name: "privileged", type: OptionType.BOOL },
  { name: "replicas", type: OptionType.INT, defaultValue: "1" },
  { name: "memory", type: OptionType.BYTES },
  { name: "timeout", type: OptionType.DURATION, defaultValue: "90s" },
  { name: "cpu", type: OptionType.QUANTITY },
  { name: "policy", type: OptionType.ENUM, allowedValues: ["always", "never"] },
  { name: "cacert", type: OptionType.PATH },
  { name: "labels", type: OptionType.MAP },
  { name: "env.*", type: OptionType.STRING },
);

test("applies defaults and normalizes values", () => {
  const { options, diagnostics } = checkOptions(all, {
    privileged: "T",
    memory: "512m",
    cpu: "500m",
    policy: "never",
    cacert: "/certs/../ca.pem",
    labels: "a=1, b=x=y",
    "env.HTTP_PROXY": "http://proxy",
  });
  expect(diagnostics).toEqual([]);
  expect(options).toEqual({
    image: "moby/buildkit",
    privileged: "true",
    replicas: "1",
    memory: "536870912",
    timeout: "1m30s",
    cpu: "500m",
    policy: "never",
    cacert: "/ca.pem",
    labels: "a=1,b=x=y",
    "env.HTTP_PROXY": "http://proxy",
  });
  expect(checkOptions(all, options)).toEqual({ options, diagnostics: [] });
});

test("reports everything that is wrong at once, with path, value and remedy", () => {
  const { diagnostics } = checkOptions(all, {
    memroy: "1g",
    privileged: "maybe",
    replicas: "1.5",
    memory: "much",
    timeout: "soon",
    cpu: "fast",
    policy: "sometimes",
    cacert: "ca.pem",
    labels: "novalue",
    "env.": "x",
  });
  expect(diagnostics.map(({ reason, field }) => [reason, field])).toEqual([
    ["OPTION_UNKNOWN", "options[memroy]"],
    ["OPTION_INVALID", "options[privileged]"],
    ["OPTION_INVALID", "options[replicas]"],
    ["OPTION_INVALID", "options[memory]"],
    ["OPTION_INVALID", "options[timeout]"],
    ["OPTION_INVALID", "options[cpu]"],
    ["OPTION_INVALID", "options[policy]"],
    ["OPTION_INVALID", "options[cacert]"],
    ["OPTION_INVALID", "options[labels]"],
    ["OPTION_UNKNOWN", "options[env.]"],
  ]);
  expect(diagnostics[0]!.remedy).toMatch(/^Did you mean memory\?/);
  expect(diagnostics[6]!.message).toContain('"sometimes"');
  expect(diagnostics[6]!.message).toContain("one of always, never");
  expect(diagnostics[6]!.remedy).toBe("Set the driver option policy to one of always, never.");
});

test("reports a missing required option; an empty value counts as missing", () => {
  const required = schema({ name: "token", required: true, description: "Login of the farm." });
  for (const given of [{}, { token: "" }] as Record<string, string>[]) {
    const { diagnostics } = checkOptions(required, given);
    expect(diagnostics).toMatchObject([
      { severity: Severity.ERROR, reason: "OPTION_REQUIRED", field: "options[token]" },
    ]);
  }
});

test("a remedy for a value of the right form says only that it needs a correction", () => {
  const twice = schema({ name: "labels", type: OptionType.MAP, description: "Labels of the pods." });
  expect(checkOptions(twice, { labels: "a=1,a=2" }).diagnostics).toMatchObject([
    { reason: "OPTION_INVALID", remedy: "Correct the driver option labels." },
  ]);
});

test("keeps sensitive values out of messages", () => {
  const secret = schema({ name: "pin", type: OptionType.INT, sensitive: true });
  const { diagnostics } = checkOptions(secret, { pin: "hunter2" });
  expect(diagnostics).toHaveLength(1);
  expect(JSON.stringify(diagnostics)).not.toContain("hunter2");
});

test("accepts a deprecated option with a warning", () => {
  const old = schema({ name: "mem", deprecation: "Use memory." });
  const { options, diagnostics } = checkOptions(old, { mem: "1" });
  expect(options).toEqual({ mem: "1" });
  expect(diagnostics).toMatchObject([
    { severity: Severity.WARNING, reason: "OPTION_DEPRECATED", remedy: "Use memory." },
  ]);
});

test("prefers the exact name, then the longest prefix", () => {
  const overlapping = schema(
    { name: "env.*", type: OptionType.STRING },
    { name: "env.proxy.*", type: OptionType.BOOL },
    { name: "env.proxy.port", type: OptionType.INT },
  );
  const given = { "env.proxy.port": "80", "env.proxy.on": "1", "env.x": "1" };
  expect(checkOptions(overlapping, given).options).toEqual({
    "env.proxy.port": "80",
    "env.proxy.on": "true",
    "env.x": "1",
  });
});
