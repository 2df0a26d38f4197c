import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { readTypedError, type TypedError } from "../../../errors/typed-error.js";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
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

const image = (attributes: Record<string, string>) => ({
  context,
  tags: ["r.test/a:1"],
  outputs: [{ type: "image", attributes }],
});
const out = { case: "path", value: "/out" } as const;
const stream = { case: "stream", value: {} } as const;
const files = (
  type: string,
  attributes: Record<string, string>,
  destination: typeof out | typeof stream = out,
) => ({
  context,
  outputs: [{ type, attributes, destination }],
});
const output = (name: string) => `spec.outputs[0].attributes[${name}]`;
const cache = (name: string) => `spec.cache_to[0].attributes[${name}]`;
const to = (type: string, attributes: Record<string, string>) => ({
  context,
  cacheTo: [{ type, attributes }],
});

const attributeRefusals = [
  ["not a boolean", image({ push: "maybe" }), output("push"), "ATTRIBUTE_INVALID"],
  [
    "an empty boolean that BuildKit refuses",
    image({ "oci-mediatypes": "" }),
    output("oci-mediatypes"),
    "ATTRIBUTE_INVALID",
  ],
  ["an unknown compression", image({ compression: "lzma" }), output("compression"), "ATTRIBUTE_INVALID"],
  [
    "a level that is not a number",
    image({ "compression-level": "high" }),
    output("compression-level"),
    "ATTRIBUTE_INVALID",
  ],
  [
    "a level that gzip lacks",
    image({ "compression-level": "10" }),
    output("compression-level"),
    "ATTRIBUTE_INVALID",
  ],
  [
    "a level that zstd lacks",
    image({ compression: "zstd", "compression-level": "23" }),
    output("compression-level"),
    "ATTRIBUTE_INVALID",
  ],
  [
    "zstd in Docker's types",
    image({ compression: "zstd", "oci-mediatypes": "false" }),
    output("compression"),
    "ATTRIBUTES_CONFLICT",
  ],
  [
    "an OCI artifact in Docker's types",
    image({ "oci-artifact": "true", "oci-mediatypes": "0" }),
    output("oci-artifact"),
    "ATTRIBUTES_CONFLICT",
  ],
  [
    "attestations in Docker's types",
    { ...image({ "oci-mediatypes": "0" }), attestations: { sbom: "" } },
    output("oci-mediatypes"),
    "ATTRIBUTES_CONFLICT",
  ],
  ["a bad name", image({ name: "r.test/a,B" }), output("name"), "TAG_INVALID"],
  [
    "a tag by digest",
    image({ push: "true", "push-by-digest": "true" }),
    output("push-by-digest"),
    "ATTRIBUTES_CONFLICT",
  ],
  [
    "an invalid time",
    image({ "source-date-epoch": "today" }),
    output("source-date-epoch"),
    "ATTRIBUTE_INVALID",
  ],
  ["an unknown mode", files("local", { mode: "move" }), output("mode"), "ATTRIBUTE_INVALID"],
  [
    "a mirror that is a stream",
    files("local", { mode: "delete" }, stream),
    output("mode"),
    "ATTRIBUTES_CONFLICT",
  ],
  [
    "an unpacked archive that is a stream",
    files("oci", { tar: "false" }, stream),
    output("tar"),
    "ATTRIBUTES_CONFLICT",
  ],
  [
    "an empty platform-split",
    files("tar", { "platform-split": "" }),
    output("platform-split"),
    "ATTRIBUTE_INVALID",
  ],
  [
    "a docker archive of two platforms",
    { ...files("docker", {}), platforms: ["linux/amd64", "linux/arm64"] },
    "spec.outputs[0]",
    "OUTPUT_MANIFEST_LIST",
  ],
  [
    "a docker archive with attestations",
    { ...files("docker", {}), attestations: { provenance: "mode=max" } },
    "spec.outputs[0]",
    "OUTPUT_MANIFEST_LIST",
  ],
  ["a registry cache without ref", to("registry", {}), cache("ref"), "ATTRIBUTE_MISSING"],
  ["a local cache at a relative path", to("local", { dest: "cache" }), cache("dest"), "PATH_NOT_ABSOLUTE"],
  ["an unknown cache mode", to("inline", { mode: "all" }), cache("mode"), "ATTRIBUTE_INVALID"],
  ["a gha cache without its URL", to("gha", { token: "t" }), cache("url"), "ATTRIBUTE_MISSING"],
  ["a bad duration", to("s3", { touch_refresh: "1 day" }), cache("touch_refresh"), "ATTRIBUTE_INVALID"],
  [
    "zero parallelism",
    to("s3", { upload_parallelism: "0" }),
    cache("upload_parallelism"),
    "ATTRIBUTE_INVALID",
  ],
  [
    "an unknown attestation",
    { context, attestations: { vex: "" } },
    "spec.attestations[vex]",
    "ATTESTATION_UNKNOWN",
  ],
  [
    "an unknown provenance mode",
    { context, attestations: { provenance: "mode=all" } },
    "spec.attestations[provenance]",
    "ATTESTATION_INVALID",
  ],
  [
    "parameters that are not CSV",
    { context, attestations: { sbom: 'a="b' } },
    "spec.attestations[sbom]",
    "ATTESTATION_INVALID",
  ],
  [
    "an annotation without a name",
    { context, annotations: { "index:": "1" } },
    "spec.annotations[index:]",
    "ANNOTATION_INVALID",
  ],
  [
    "an annotation of an unknown platform",
    { context, annotations: { "manifest[linux/pdp11]:a": "1" } },
    "spec.annotations[manifest[linux/pdp11]:a]",
    "PLATFORM_UNKNOWN",
  ],
] as [string, MessageInitShape<typeof BuildSpecSchema>, string, string][];

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
      "an invalid URL",
      { context: { source: { case: "url", value: "src" } } },
      "spec.context.url",
      "CONTEXT_URL_INVALID",
    ],
    [
      "a URL that is too long",
      { context: { source: { case: "url", value: `https://r.test/${"x".repeat(16 * 1024)}` } } },
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
      "no Dockerfile",
      { context: { source: { case: "empty", value: {} } } },
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
    ["an SSH forward without source", { context, ssh: [{ id: "a" }] }, "spec.ssh[0]", "SSH_SOURCE_INVALID"],
    ["an unknown network", { context, network: "bridge" }, "spec.network", "NETWORK_UNKNOWN"],
    [
      "an unknown entitlement",
      { context, entitlements: ["device=a", "network.host=x"] },
      "spec.entitlements[1]",
      "ENTITLEMENT_INVALID",
    ],
    ["an unknown call", { context, call: "fix" }, "spec.call", "CALL_UNKNOWN"],
    [
      "an unknown output type",
      { context, outputs: [{ type: "zip" }] },
      "spec.outputs[0].type",
      "OUTPUT_TYPE_UNKNOWN",
    ],
    [
      "a tar without destination",
      { context, outputs: [{ type: "tar" }] },
      "spec.outputs[0]",
      "OUTPUT_DESTINATION_MISSING",
    ],
    ["a push without a name", { context, outputs: [{ type: "registry" }] }, "spec.outputs[0]", "TAG_MISSING"],
    [
      "a cache whose reference is malformed",
      {
        context,
        cacheTo: [{ type: "registry", attributes: { ref: "r.test/UPPER:x" } }],
      },
      "spec.cache_to[0].attributes[ref]",
      "ATTRIBUTE_INVALID",
    ],
    [
      "a cache as image manifest without OCI media types",
      {
        context,
        cacheTo: [
          {
            type: "registry",
            attributes: { ref: "r.test/c", "image-manifest": "true", "oci-mediatypes": "false" },
          },
        ],
      },
      "spec.cache_to[0].attributes[image-manifest]",
      "ATTRIBUTES_CONFLICT",
    ],
    [
      "an unknown cache",
      { context, cacheTo: [{ type: "ftp" }] },
      "spec.cache_to[0].type",
      "CACHE_TYPE_UNKNOWN",
    ],
    ...attributeRefusals,
  ] as [string, MessageInitShape<typeof BuildSpecSchema>, string, string][])(
    "refuses %s",
    (_, init, field, reason) => {
      const error = refusal(init);
      expect(error).toMatchObject({ code: Code.InvalidArgument, reason });
      expect(error.fields?.map((violation) => violation.field)).toEqual([field]);
    },
  );

  it("accepts attributes of BuildKit, and unknown ones for newer versions", () => {
    const attributes = {
      push: "",
      compression: "zstd",
      "compression-level": "22",
      "annotation.a": "b",
      novel: "1",
    };
    const spec = {
      ...image(attributes),
      cacheTo: [{ type: "s3", attributes: { bucket: "b", touch_refresh: "1h30m", mode: "max" } }],
      cacheFrom: [{ type: "gha", attributes: { url_v2: "http://x", token: "t", timeout: "1m" } }],
      annotations: { "manifest[linux/arm64]:a": "1", "org:plain": "2" },
      attestations: { provenance: "disabled=true", sbom: "generator=x,whatever=1" },
    };
    validateSpec(create(BuildSpecSchema, spec));
  });

  it("asks for the repository of a push by digest", () => {
    const attributes = { push: "true", "push-by-digest": "true" };
    expect(refusal({ context, outputs: [{ type: "image", attributes }] })).toMatchObject({
      reason: "TAG_MISSING",
      remedy: "Give the attribute name=registry/repository.",
    });
  });

  it("refuses a policy without content, such as a bake's plan has", () => {
    const policy = { policies: [{ files: [{ name: "own.rego" }] }] };
    expect(refusal({ context, policy })).toMatchObject({
      reason: "POLICY_INVALID",
      fields: [{ field: "spec.policy.policies[0].files[0].content" }],
    });
  });

  it("refuses a policy with content that is to be read from the context", () => {
    const file = { name: "own.rego", fromContext: true };
    validateSpec(create(BuildSpecSchema, { context, policy: { policies: [{ files: [file] }] } }));
    const policies = [{ files: [{ ...file, content: Buffer.from("x") }] }];
    expect(refusal({ context, policy: { policies } })).toMatchObject({
      reason: "POLICY_INVALID",
      fields: [{ field: "spec.policy.policies[0].files[0].content" }],
    });
  });

  it("reports all problems at once", () => {
    const { fields } = refusal({ context, tags: ["A"], platforms: ["x/y"], network: "none!" });
    expect(fields?.map(({ field }) => field)).toEqual(["spec.platforms[0]", "spec.tags[0]", "spec.network"]);
  });
});

it.each([
  ["/out", "/out/inner", true],
  ["/out/inner/", "/out", true],
  ["/out", "/out", true],
  ["/out", "/outer", false],
])("an output to %s beside one to %s with mode=delete", (other, mirrored, isRefused) => {
  const at = (value: string) => ({ destination: { case: "path" as const, value } });
  const outputs = [
    { type: "local", ...at(other) },
    { type: "local", ...at(mirrored), attributes: { mode: "delete" } },
  ];
  const spec = { context, outputs, network: "broken" };
  const fields = refusal(spec).fields!.map(({ field }) => field);
  expect(fields).toEqual(isRefused ? ["spec.network", "spec.outputs[1].attributes[mode]"] : ["spec.network"]);
});

it("refuses long lists, and reports very many problems, in little time", () => {
  const begin = process.cpuUsage();
  const long = refusal({ context, platforms: Array<string>(200_000).fill("x") });
  expect(long.fields).toMatchObject([{ field: "spec.platforms", reason: "LIST_TOO_LONG" }]);
  const many = refusal({
    context,
    platforms: Array<string>(1000).fill("x"),
    tags: Array<string>(1000).fill("-"),
  });
  expect(many.fields?.length).toBeLessThanOrEqual(101);
  // Checks of each entry against all others, and messages that were joined one by one, took minutes.
  expect(process.cpuUsage(begin).user).toBeLessThan(10_000_000);
});
