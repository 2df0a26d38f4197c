import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { requireMergeable } from "./check-outputs.js";
import { mergedPushOf } from "./merged-push.js";
import { specForNode } from "./spec-for-node.js";

const specOf = (fields: MessageInitShape<typeof BuildSpecSchema>) => create(BuildSpecSchema, fields);

it("pushes by digest to each repository once, and keeps all names for the merged image", () => {
  const spec = specOf({
    tags: ["r.test/a:1", "r.test/a:2", "app"],
    platforms: ["linux/amd64", "linux/arm64"],
    outputs: [{ type: "registry", attributes: { "registry.insecure": "true" } }],
  });
  const forNode = specForNode(spec, ["linux/amd64"], ["linux/arm64"]);
  expect(forNode.platforms).toEqual(["linux/amd64"]);
  expect(forNode.frontendAttributes).toEqual({ "multi-platform": "true" });
  expect(forNode.outputs[0]?.attributes).toEqual({
    name: "r.test/a,docker.io/library/app",
    push: "true",
    "push-by-digest": "true",
    "registry.insecure": "true",
  });
  expect(spec.outputs[0]?.attributes.name).toBeUndefined();
  expect(mergedPushOf(spec)).toEqual({
    targets: [
      { name: "r.test/a:1", domain: "r.test", path: "a", tag: "1" },
      { name: "r.test/a:2", domain: "r.test", path: "a", tag: "2" },
      { name: "app", domain: "docker.io", path: "library/app", tag: "latest" },
    ],
    insecure: true,
  });
});

it("leaves out only annotations of other nodes' platforms", () => {
  const spec = specOf({
    annotations: { "manifest[linux/arm64]:a": "1", "manifest[linux/x86_64]:b": "2", "index:c": "3", d: "4" },
    outputs: [{ type: "oci", attributes: { "annotation[linux/arm64].e": "5", "annotation.f": "6" } }],
  });
  const forNode = specForNode(spec, ["linux/amd64"], ["linux/arm64"]);
  expect(Object.values(forNode.annotations)).toEqual(["2", "3", "4"]);
  expect(forNode.outputs[0]?.attributes).toEqual({ "annotation.f": "6" });
});

it("names the output whose name is invalid", () => {
  const spec = specOf({ outputs: [{ type: "image", attributes: { push: "true", name: "UPPER" } }] });
  let error: unknown;
  try {
    mergedPushOf(spec);
  } catch (cause) {
    error = cause;
  }
  expect(readTypedError(error)).toMatchObject({
    reason: "TAG_INVALID",
    fields: [{ field: "spec.outputs[0].attributes[name]" }],
  });
});

it("accepts one pushed output beside archives", () => {
  const push = { type: "registry" };
  const archive = { type: "oci", destination: { case: "stream", value: {} } as const };
  expect(() => requireMergeable(specOf({ outputs: [archive, push, archive] }))).not.toThrow();
  expect(() => requireMergeable(specOf({ outputs: [push, archive, push] }))).toThrow("second output");
});
