import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { DriverDescriptorSchema } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { NodeSpecSchema } from "../../gen/slipway/v1/builder_pb.js";
import { checkKeptSecrets } from "./kept-secrets.js";

const descriptor = create(DriverDescriptorSchema, {
  options: [{ name: "token", sensitive: true }, { name: "memory" }],
});
const key = Buffer.from("-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n");
const secrets = { options: { token: "hush", memory: "1" }, daemonFiles: { "key.pem": key } };
const before = create(NodeConfigSchema, { node: "far0", endpoint: "tcp://near:1", ...secrets });
const moved = { ...before, endpoint: "tcp://elsewhere:1" };

function fieldsOf(after: typeof before, given = {}): string[] {
  try {
    checkKeptSecrets(before, after, create(NodeSpecSchema, given), descriptor);
    return [];
  } catch (cause) {
    const { reason, fields = [], message } = readTypedError(cause);
    expect(reason).toBe("SECRET_NOT_GIVEN");
    expect(message).not.toContain("hush");
    return fields.map(({ field }) => field);
  }
}

test("secrets may stay where they are", () => {
  expect(fieldsOf({ ...before, options: { token: "hush" } })).toEqual([]);
});

test("secrets that the client did not give do not go elsewhere", () => {
  const all = ["node.options[token]", "node.daemon_files[key.pem]"];
  expect(fieldsOf(moved)).toEqual(all);
  // A value that the mask does not name changes nothing.
  expect(fieldsOf(moved, { options: { token: "guessed" } })).toEqual(all);
});

test("secrets that are given again, replaced or removed are no obstacle", () => {
  expect(fieldsOf(moved, secrets)).toEqual([]);
  expect(fieldsOf({ ...moved, options: { token: "new" }, daemonFiles: {} })).toEqual([]);
});
