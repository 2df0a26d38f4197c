import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import {
  type BuildSpec,
  BuildSpecSchema,
  ExtraHostSchema,
} from "../../gen/slipway/build/v1/build_spec_pb.js";
import { NodeStatusSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { specForNode } from "./multi-node/spec-for-node.js";
import { planSolve } from "./solve-plan.js";

type Node = Parameters<typeof planSolve>[3];

const inputs = {
  locals: {},
  dockerfileName: "Dockerfile",
  dockerfileIsLocal: true,
  namedContexts: {},
  policies: [],
  storedImages: [],
  knownBytes: 0,
  sharedKey: "key",
  keep: async () => {},
  release() {},
};

function nodeWith(features: { id: string; supported: boolean }[] = []): Node {
  const status = create(NodeStatusSchema, { features });
  return { driver: "remote", status, workers: [] } as unknown as Node;
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) frozen(child);
  return ArrayBuffer.isView(value) ? value : Object.freeze(value);
}

const spec: BuildSpec = frozen(
  create(BuildSpecSchema, {
    tags: ["r.test/a:1"],
    platforms: ["linux/amd64", "linux/arm64"],
    outputs: [{ type: "registry" }, { type: "oci", attributes: { "annotation[linux/arm64].a": "1" } }],
    cacheTo: [{ type: "registry", attributes: { ref: "r.test/cache" } }],
    buildArgs: { BUILDKIT_INLINE_CACHE: "1" },
    network: "host",
  }),
);

it("plans without a change of the specification, for one node and for several", () => {
  const imports = [{ field: "spec.cache_from[0]", type: "registry", attributes: { ref: "r.test/cache" } }];
  const whole = planSolve(spec, inputs, imports, nodeWith());
  expect(whole.exports.map(({ attributes }) => attributes.name)).toEqual(["r.test/a:1", "r.test/a:1"]);
  expect(whole.caches.exports.map(({ type }) => type)).toEqual(["registry", "inline"]);
  expect(whole.entitlements).toEqual(["network.host"]);
  expect(whole.frontend.attributes).toMatchObject({
    platform: "linux/amd64,linux/arm64",
    "attest:provenance": "mode=min,inline-only=true",
  });

  const nodeSpec = frozen(specForNode(spec, ["linux/amd64"], ["linux/arm64"]));
  const plan = planSolve(nodeSpec, inputs, imports, nodeWith());
  expect(plan.frontend.attributes).toMatchObject({ platform: "linux/amd64", "multi-platform": "true" });
  expect(plan.exports.map(({ attributes }) => attributes)).toEqual([
    { name: "r.test/a", push: "true", "push-by-digest": "true", unpack: "false" },
    { name: "r.test/a:1" },
  ]);
});

it("adds the default provenance only where the node records it and nothing else was requested", () => {
  const provenanceOf = (changes: Partial<BuildSpec>, node = nodeWith()) =>
    planSolve({ ...spec, ...changes }, inputs, [], node).frontend.attributes["attest:provenance"];
  expect(provenanceOf({ attestations: { provenance: "mode=max" } })).toBe("mode=max");
  expect(provenanceOf({ attestations: { provenance: "disabled=true" } })).toBeUndefined();
  expect(provenanceOf({}, nodeWith([{ id: "attestations", supported: false }]))).toBeUndefined();
  const docker = { ...spec.outputs[0]!, attributes: { "oci-mediatypes": "false" } };
  expect(provenanceOf({ outputs: [docker] })).toBeUndefined();
});

it("refuses host-gateway on a node that has none", () => {
  const withGateway = {
    ...spec,
    extraHosts: [create(ExtraHostSchema, { name: "host", address: "host-gateway" })],
  };
  let error: unknown;
  try {
    planSolve(withGateway, inputs, [], nodeWith());
  } catch (cause) {
    error = cause;
  }
  expect(readTypedError(error)).toMatchObject({
    reason: "FEATURE_UNSUPPORTED",
    fields: [{ field: "spec.extra_hosts[0].address" }],
  });
});
