import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { DriverDescriptorSchema } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { describeNode } from "./describe-node.js";

const descriptor = create(DriverDescriptorSchema, {
  options: [{ name: "key.*", sensitive: true }, { name: "memory" }],
});
const config = (toml: Uint8Array) =>
  create(NodeConfigSchema, {
    options: { "key.pem": "secret", former: "secret", memory: "2g" },
    daemonFiles: { "certs/key.pem": Buffer.from("a private key"), "buildkitd.toml": toml },
  });

test("sensitive options and files are left out, but not the daemon's configuration", () => {
  const toml = Buffer.from("debug = true");
  const { spec, secretOptions } = describeNode(config(toml), descriptor, { isListed: false });
  expect(spec!.options).toEqual({ memory: "2g" });
  expect(secretOptions).toEqual(["former", "key.pem"]);
  expect(spec!.daemonFiles).toEqual({ "buildkitd.toml": toml });
});

test("a list, and an answer with a large configuration, have no files", () => {
  const listed = describeNode(config(Buffer.from("a")), descriptor, { isListed: true });
  expect(listed.spec!.daemonFiles).toEqual({});
  const large = Buffer.alloc(5 << 20, "#");
  expect(describeNode(config(large), descriptor, { isListed: false }).spec!.daemonFiles).toEqual({});
});

test("files are described by path, size and digest", () => {
  expect(
    describeNode(config(Buffer.from("debug = true")), descriptor, { isListed: true }).daemonFiles,
  ).toMatchObject([
    {
      path: "buildkitd.toml",
      sizeBytes: 12n,
      digest: "sha256:3e219072f406b778015ab2ff9717e51d7449c28741ef30134e4f538f89b0602f",
    },
    { path: "certs/key.pem", sizeBytes: 13n },
  ]);
});
