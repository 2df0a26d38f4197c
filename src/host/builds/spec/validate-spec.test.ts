import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { readTypedError, type TypedError } from "../../../errors.js";
import { BuildSpecSchema } from "../../../gen/slipway/v1/build_spec_pb.js";
import { validateSpec } from "./validate-spec.js";

const context = { source: { case: "path", value: "/src" } } as const;

function refusal(init: MessageInitShape<typeof BuildSpecSchema>): TypedError {
  try {
    validateSpec(create(BuildSpecSchema, init));
  } catch (cause) {
    return readTypedError(cause);
  }
  throw new Error("the specification was accepted");
}

describe("validateSpec", () => {
  it("accepts a plain build", () => {
    validateSpec(
      create(BuildSpecSchema, {
        context,
        tags: ["a", "localhost:5000/b/c:1.0"],
        platforms: ["linux/arm64", "amd64"],
      }),
    );
  });

  it.each([
    ["no context", {}, "spec.context", "CONTEXT_MISSING"],
    [
      "a relative context",
      { context: { source: { case: "path", value: "src" } } },
      "spec.context.path",
      "PATH_NOT_ABSOLUTE",
    ],
    [
      "a URL that is none",
      { context: { source: { case: "url", value: "src" } } },
      "spec.context.url",
      "CONTEXT_URL_INVALID",
    ],
    [
      "a Dockerfile above the context",
      { context, dockerfile: { source: { case: "name", value: "../Dockerfile" } } },
      "spec.dockerfile.name",
      "DOCKERFILE_OUTSIDE_CONTEXT",
    ],
    [
      "no Dockerfile at all",
      { context: { source: { case: "empty", value: true } } },
      "spec.dockerfile",
      "DOCKERFILE_MISSING",
    ],
    [
      "an unknown platform",
      { context, platforms: ["linux/amd64", "linux/pdp11"] },
      "spec.platforms[1]",
      "PLATFORM_UNKNOWN",
    ],
    ["an upper-case tag", { context, tags: ["Image"] }, "spec.tags[0]", "TAG_INVALID"],
    [
      "a secret without id",
      { context, secrets: [{ value: new Uint8Array(1) }] },
      "spec.secrets[0]",
      "SECRET_ID_MISSING",
    ],
    [
      "a secret over the limit",
      { context, secrets: [{ id: "a", value: new Uint8Array(512_001) }] },
      "spec.secrets[0]",
      "SECRET_TOO_LARGE",
    ],
    ["an SSH forward of nothing", { context, ssh: [{ id: "a" }] }, "spec.ssh[0]", "SSH_SOURCE_INVALID"],
    ["an unknown network", { context, network: "bridge" }, "spec.network", "NETWORK_UNKNOWN"],
    ["an unknown call", { context, call: "fix" }, "spec.call", "CALL_UNKNOWN"],
    [
      "an unknown output type",
      { context, outputs: [{ type: "zip" }] },
      "spec.outputs[0].type",
      "OUTPUT_TYPE_UNKNOWN",
    ],
    [
      "a tar that goes nowhere",
      { context, outputs: [{ type: "tar" }] },
      "spec.outputs[0]",
      "OUTPUT_DESTINATION_MISSING",
    ],
    ["a push without a name", { context, outputs: [{ type: "registry" }] }, "spec.outputs[0]", "TAG_MISSING"],
    [
      "an unknown cache",
      { context, cacheTo: [{ type: "ftp" }] },
      "spec.cache_to[0].type",
      "CACHE_TYPE_UNKNOWN",
    ],
  ] as [string, MessageInitShape<typeof BuildSpecSchema>, string, string][])(
    "refuses %s",
    (_, init, field, reason) => {
      const error = refusal(init);
      expect(error).toMatchObject({ code: Code.InvalidArgument, reason });
      expect(error.fields?.map((violation) => violation.field)).toEqual([field]);
    },
  );

  it("reports everything that is wrong at once", () => {
    const { fields } = refusal({ context, tags: ["A"], platforms: ["x/y"], network: "none!" });
    expect(fields?.map(({ field }) => field)).toEqual(["spec.platforms[0]", "spec.tags[0]", "spec.network"]);
  });
});
