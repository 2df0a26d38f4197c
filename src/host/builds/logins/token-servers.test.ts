import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { NodeConfigSchema } from "../../../gen/slipway/driver/v1/node_pb.js";
import { refusedTokenServers } from "./token-servers.js";

const withRegistry = (name: string) => [
  create(NodeConfigSchema, {
    daemonFiles: { "buildkitd.toml": Buffer.from(`[registry."${name}"]\nhttp = true\n`) },
  }),
];

it.each([
  ["a client on TCP, a registry elsewhere", "192.0.2.1:5000", false, [], true],
  ["a client on TCP, a registry on the host's machine", "127.0.0.1:5000", false, [], true],
  ["a client on TCP, a configured one there", "127.0.0.1:5000", false, withRegistry("127.0.0.1:5000"), false],
  [
    "a client on TCP, a configured one elsewhere",
    "192.0.2.1:5000",
    false,
    withRegistry("192.0.2.1:5000"),
    true,
  ],
  ["the local user, a registry elsewhere", "192.0.2.1:5000", true, [], true],
  ["the local user, a registry on the host's machine", "localhost:5000", true, [], false],
  ["the local user, a registry that only BuildKit resolves", "registry.invalid:5000", true, [], false],
  ["no registry", "not a name/", true, [], true],
] as const)(
  "token servers on the host's machine: %s",
  async (_case, registry, isLocal, configs, isRefused) => {
    const refuse = await refusedTokenServers(registry, { isLocal, configs });
    for (const [address, family] of [
      ["127.0.0.1", 4],
      ["169.254.169.254", 4],
      ["::1", 6],
      ["::ffff:127.0.0.1", 6],
    ] as const)
      expect(refuse?.(address, family) !== undefined).toBe(isRefused);
    expect(refuse?.("192.0.2.7", 4)).toBeUndefined();
  },
);
