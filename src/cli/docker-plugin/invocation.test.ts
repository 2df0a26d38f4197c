import { expect, test } from "vitest";
import { versionLine } from "../print-version.js";
import { readInvocation } from "./invocation.js";

const plugin = "/home/me/.docker/cli-plugins/docker-slipway";
const buildx = "/home/me/.docker/cli-plugins/docker-buildx";
const byDocker = { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: "/usr/bin/docker" };

test("under its own name, it uses all arguments", () => {
  expect(readInvocation("/usr/bin/slipway", ["slipway", "build"], byDocker)).toEqual({
    kind: "command",
    args: ["slipway", "build"],
    env: {},
  });
});

test.each([
  [plugin, /^v\d/],
  // What compose requires of buildx.
  [buildx, /^v0\.(1[7-9]|[2-9]\d)\.\d+$/],
])("answers docker's request for metadata: %s", (program, version) => {
  const { kind, text } = readInvocation(program, ["docker-cli-plugin-metadata"]) as never;
  expect(kind).toBe("metadata");
  expect(JSON.parse(text)).toEqual({
    SchemaVersion: "0.1.0",
    Vendor: "Slipway",
    Version: expect.stringMatching(version),
    ShortDescription: expect.stringMatching(/\w/),
  });
});

test.each([
  [plugin, "slipway"],
  [buildx, "buildx"],
])("as a plugin, converts docker's own flags to variables: %s", (program, command) => {
  expect(
    readInvocation(
      program,
      ["--context", "far", "-H=tcp://x:1", "-l", "debug", "-D", command, "build", "--debug", "."],
      byDocker,
    ),
  ).toEqual({
    kind: "command",
    args: ["--debug", "build", "--debug", "."],
    env: { DOCKER_CONTEXT: "far", DOCKER_HOST: "tcp://x:1" },
  });
});

test("a plugin that another program than docker runs uses all arguments", () => {
  const args = ["bake", "--file", "-", "--progress", "rawjson"];
  expect(readInvocation(buildx, args, {})).toEqual({ kind: "command", args, env: {} });
});

test("in place of buildx, the version has the form from which others read it", () => {
  const line = versionLine(buildx);
  expect(line).toMatch(/^github\.com\/docker\/buildx v\d+\.\d+\.\d+ slipway-v\d/);
  // As docker/setup-buildx-action does.
  expect(/\sv?([0-9a-f]{7}|[0-9.]+)/.exec(line)?.[1]).toMatch(/^0\.\d+\.\d+$/);
  expect(versionLine("/usr/bin/slipway")).toMatch(/^slipway v\d/);
});
