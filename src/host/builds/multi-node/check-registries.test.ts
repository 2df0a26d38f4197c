import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { NodeConfigSchema } from "../../../gen/slipway/driver/v1/node_pb.js";
import { checkRegistries } from "./check-registries.js";

const refusal = (domain: string, toml = "") => {
  const daemonFiles = { "buildkitd.toml": new TextEncoder().encode(toml) };
  const targets = [{ name: `${domain}/a:1`, domain, path: "a", tag: "1" }];
  return checkRegistries({ targets, insecure: false }, [create(NodeConfigSchema, { daemonFiles })]).then(
    () => undefined,
    (cause) => readTypedError(cause).reason,
  );
};

it.each(["127.0.0.1:5000", "localhost:5000", "[::1]:5000", "169.254.169.254", "registry.invalid"])(
  "refuses a push to %s",
  async (domain) => {
    expect(await refusal(domain)).toBe("LOCAL_ONLY");
    expect(await refusal(domain, '[registry."other.test"]\nhttp = true')).toBe("LOCAL_ONLY");
  },
);

it("allows other machines, and registries that the builder has settings for", async () => {
  expect(await refusal("192.0.2.1:5000")).toBeUndefined();
  expect(await refusal("127.0.0.1:5000", '[registry."127.0.0.1:5000"]\nhttp = true')).toBeUndefined();
});
