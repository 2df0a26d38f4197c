import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { NodeConfigSchema } from "../../../gen/slipway/driver/v1/node_pb.js";
import { registrySettings } from "./registry-settings.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const nodeWith = (toml: string, files: Record<string, Uint8Array> = {}) =>
  create(NodeConfigSchema, { daemonFiles: { ...files, "buildkitd.toml": bytes(toml) } });

it.each([
  ['[registry."r.test:5000"]\nhttp = true', true],
  ['[registry."r.test:5000"]\ninsecure = true', true],
  ['[registry."r.test:5000"]\nhttp = false', false],
  ['[registry."other.test"]\nhttp = true', false],
  ["debug = true", false],
])("reads %j", (toml, insecure) => {
  expect(registrySettings([nodeWith(toml)], "r.test:5000")).toEqual({ insecure, ca: [] });
});

it("returns the CA certificates that were sent with the configuration of any node, each once", () => {
  const toml = '[registry."r.test"]\nca = ["certs/r.test/ca.pem", "/etc/elsewhere.pem"]';
  const node = nodeWith(toml, { "certs/r.test/ca.pem": bytes("PEM") });
  expect(registrySettings([create(NodeConfigSchema, {}), node, node], "r.test")).toEqual({
    insecure: false,
    ca: ["PEM"],
  });
});
