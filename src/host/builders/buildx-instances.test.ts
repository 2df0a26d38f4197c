import { expect, test } from "vitest";
import { parseInstance } from "./buildx-instances.js";

// Written by buildx v0.36.1.
const container =
  '{"Name":"dcx","Driver":"docker-container","Nodes":[{"Name":"dcx0","Endpoint":"unix:///var/run/docker.sock","Platforms":null,"DriverOpts":{"memory":"1g"},"Flags":["--debug","--x y"],"Files":{"buildkitd.toml":"ZGVidWcgPSB0cnVlCg=="}}],"Dynamic":false}';
const remote =
  '{"Name":"far","Driver":"remote","Nodes":[{"Name":"far0","Endpoint":"tcp://127.0.0.1:1","Platforms":[{"architecture":"arm64","os":"linux"},{"architecture":"arm","os":"linux","variant":"v7"}],"DriverOpts":null,"Flags":null,"Files":null}],"Dynamic":false}';

test("an instance is read as buildx writes it", () => {
  expect(parseInstance(container)).toEqual({
    name: "dcx",
    driver: "docker-container",
    nodes: [
      {
        name: "dcx0",
        endpoint: "unix:///var/run/docker.sock",
        platforms: [],
        options: { memory: "1g" },
        daemonFlags: ["--debug", "--x y"],
        daemonFiles: { "buildkitd.toml": new TextEncoder().encode("debug = true\n") },
      },
    ],
  });
  expect(parseInstance(remote).nodes[0]).toMatchObject({
    platforms: ["linux/arm64", "linux/arm/v7"],
    options: {},
    daemonFlags: [],
  });
});

test.each([
  ["", "JSON"],
  ["[]", "the file is not an object"],
  ['{"Name":"x","Driver":"remote"}', "Nodes is not a list"],
  ['{"Name":1,"Driver":"remote","Nodes":[]}', "Name is not a string"],
  [
    '{"Name":"x","Driver":"remote","Nodes":[{"Name":"x0","DriverOpts":{"a":1}}]}',
    "Nodes[0].DriverOpts.a is not a string",
  ],
  [
    '{"Name":"x","Driver":"remote","Nodes":[{"Name":"x0","Platforms":["linux"]}]}',
    "Nodes[0].Platforms is not an object",
  ],
])("the problem of %s is reported", (text, message) => {
  expect(() => parseInstance(text)).toThrow(message);
});
