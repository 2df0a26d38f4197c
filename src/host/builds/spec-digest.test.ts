import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { BuildSpecSchema } from "../../gen/slipway/build/v1/build_spec_pb.js";
import { redactSpec } from "./redaction/redact-spec.js";
import { specDigest } from "./spec-digest.js";

type Spec = MessageInitShape<typeof BuildSpecSchema>;
const digest = (init: Spec) => {
  const spec = create(BuildSpecSchema, init as never);
  return specDigest(spec, redactSpec(spec));
};
const inline = (text: string): Spec => ({
  dockerfile: { source: { case: "content", value: new TextEncoder().encode(text) } },
});
const policy = (text: string): Spec => ({
  policy: { policies: [{ files: [{ name: "a.rego", content: new TextEncoder().encode(text) }] }] },
});

test("a specification with another content has another digest", () => {
  const specs: Spec[] = [
    {},
    { tags: ["a"] },
    { tags: ["b"] },
    inline("FROM a"),
    inline("FROM b"),
    policy("allow"),
    policy("deny"),
    { buildArgs: { A: "1" } },
    { buildArgs: { A: "2" } },
    { secrets: [{ id: "s" }] },
    { cacheTo: [{ type: "registry", attributes: { ref: "a" } }] },
    { cacheTo: [{ type: "registry", attributes: { ref: "b" } }] },
  ];
  expect(new Set(specs.map(digest)).size).toBe(specs.length);
});

test("values that could be guessed from a stored digest are no part of it", () => {
  const withSecrets = (text: string): Spec => ({
    environment: { TOKEN: text },
    secrets: [{ id: "s", value: new TextEncoder().encode(text) }],
    buildArgs: { TOKEN: text },
    sensitiveParameters: ["TOKEN"],
    cacheTo: [{ type: "s3", attributes: { secret_access_key: text } }],
  });
  expect(digest(withSecrets("1"))).toBe(digest(withSecrets("2")));
});
