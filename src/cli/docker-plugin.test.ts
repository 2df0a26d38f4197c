import { expect, test } from "vitest";
import { pluginMetadata, readInvocation } from "./docker-plugin.js";

const plugin = "/home/me/.docker/cli-plugins/docker-slipway";

test("under its own name, it uses all arguments", () => {
  expect(readInvocation("/usr/bin/slipway", ["slipway", "build"])).toEqual({
    kind: "command",
    args: ["slipway", "build"],
    env: {},
  });
});

test("answers docker's request for metadata", () => {
  expect(readInvocation(plugin, ["docker-cli-plugin-metadata"])).toEqual({ kind: "metadata" });
  expect(JSON.parse(pluginMetadata)).toMatchObject({ SchemaVersion: "0.1.0", Vendor: "Slipway" });
});

test("as a plugin, converts docker's own flags to variables", () => {
  expect(
    readInvocation(plugin, [
      "--context",
      "far",
      "-H=tcp://x:1",
      "-l",
      "debug",
      "-D",
      "slipway",
      "build",
      "--debug",
      ".",
    ]),
  ).toEqual({
    kind: "command",
    args: ["--debug", "build", "--debug", "."],
    env: { DOCKER_CONTEXT: "far", DOCKER_HOST: "tcp://x:1" },
  });
});
