import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { BuildDefaultsSchema, NodeStatusSchema } from "../../../gen/slipway/driver/v1/node_pb.js";
import { cachesOf } from "./caches.js";
import { Features } from "./features.js";

const specOf = (fields: MessageInitShape<typeof BuildSpecSchema>) => create(BuildSpecSchema, fields);
const featuresOf = (features: { id: string; supported: boolean }[] = []) =>
  new Features("docker", create(NodeStatusSchema, { features }));

it("adds the inline cache of BUILDKIT_INLINE_CACHE once, without a change of the specification", () => {
  const buildArgs = { BUILDKIT_INLINE_CACHE: "1" };
  const inline = { type: "inline", attributes: {} };
  const implied = specOf({ buildArgs });
  expect(cachesOf(implied, [], undefined, featuresOf()).exports).toEqual([inline]);
  expect(implied.cacheTo).toEqual([]);
  const both = specOf({ buildArgs, cacheTo: [inline] });
  expect(cachesOf(both, [], undefined, featuresOf()).exports).toEqual([inline]);
  const off = specOf({ buildArgs: { BUILDKIT_INLINE_CACHE: "0" } });
  expect(cachesOf(off, [], undefined, featuresOf()).exports).toEqual([]);
});

it("names the cache that the node cannot use, even after one that was left out", () => {
  const defaults = create(BuildDefaultsSchema, { cacheImports: ["registry"], cacheExports: ["inline"] });
  const refusalOf = (run: () => unknown) => {
    try {
      run();
    } catch (cause) {
      return readTypedError(cause);
    }
    throw new Error("the caches were accepted");
  };
  const imports = [{ field: "spec.cache_from[1]", type: "s3", attributes: {} }];
  expect(refusalOf(() => cachesOf(specOf({}), imports, defaults, featuresOf()))).toMatchObject({
    reason: "FEATURE_UNSUPPORTED",
    fields: [{ field: "spec.cache_from[1]" }],
  });
  const toRegistry = specOf({ cacheTo: [{ type: "inline" }, { type: "registry" }] });
  expect(refusalOf(() => cachesOf(toRegistry, [], defaults, featuresOf()))).toMatchObject({
    fields: [{ field: "spec.cache_to[1]" }],
  });
  const noExport = featuresOf([{ id: "cache.export", supported: false }]);
  expect(refusalOf(() => cachesOf(toRegistry, [], undefined, noExport))).toMatchObject({
    fields: [{ field: "spec.cache_to[1]" }],
  });
});
