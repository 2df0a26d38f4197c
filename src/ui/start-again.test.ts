import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { BuildSpecSchema } from "../gen/slipway/build/v1/build_spec_pb.js";
import { whyNotAgain } from "./start-again.js";

const why = (spec: MessageInitShape<typeof BuildSpecSchema>) => whyNotAgain(create(BuildSpecSchema, spec));

test("a build of a folder or a repository can be started again", () => {
  expect(why({ context: { source: { case: "path", value: "/src" } }, tags: ["a"] })).toBe("");
  expect(why({ context: { source: { case: "url", value: "https://example.com/a.git" } } })).toBe("");
  expect(why({ policy: { policies: [{ files: [{ name: "a.rego", fromContext: true }] }] } })).toBe("");
  expect(why({ context: { source: { case: "empty", value: {} } }, outputs: [{ type: "cacheonly" }] })).toBe(
    "",
  );
});

test.each<[string, MessageInitShape<typeof BuildSpecSchema>]>([
  ["uploaded", { context: { source: { case: "upload", value: "u" } } }],
  ["uploaded", { namedContexts: { a: { source: { case: "upload", value: "u" } } } }],
  ["another build", { namedContexts: { a: { source: { case: "target", value: "t" } } } }],
  ["Dockerfile", { dockerfile: { source: { case: "content", value: new Uint8Array() } } }],
  ["policies", { policy: { policies: [{ files: [{ name: "a.rego" }] }] } }],
  ["secrets", { secrets: [{ id: "s" }] }],
  ["SSH keys", { ssh: [{ id: "default" }] }],
  ["secret parameters", { sensitiveParameters: ["TOKEN"] }],
  ["read an output", { outputs: [{ type: "tar", destination: { case: "stream", value: {} } }] }],
  ["credentials", { cacheFrom: [{ type: "s3", attributes: { secret_access_key: "<redacted>" } }] }],
  ["credentials", { context: { source: { case: "url", value: "https://u:<redacted>@example.com/a.git" } } }],
])("not when its record lacks something: %s", (reason, spec) => {
  expect(why(spec)).toContain(reason);
});

test("not without a specification", () => {
  expect(whyNotAgain(undefined)).toContain("no specification");
});
