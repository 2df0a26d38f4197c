import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { OutputSchema } from "../../../gen/slipway/build/v1/output_pb.js";
import { unknownCacheAttributes } from "./cache-attributes.js";
import { unknownOutputAttributes } from "./output-attributes.js";

it("reports unknown attributes, with the most similar known one", () => {
  const attributes = { compresion: "zstd", "annotation-index.x": "1", name: "a", novel: "" };
  const unknown = unknownOutputAttributes(create(OutputSchema, { type: "image", attributes }));
  expect([...unknown.keys()]).toEqual(["compresion", "novel"]);
  expect(unknown.get("compresion")).toContain('Did you mean "compression"?');
  expect(unknown.get("novel")).not.toContain("Did you mean");
});

it("knows which attributes only one direction of a cache has", () => {
  const cache = { type: "registry", attributes: { ref: "a", mode: "max" } };
  expect([...unknownCacheAttributes("cache_to", cache).keys()]).toEqual([]);
  expect([...unknownCacheAttributes("cache_from", cache).keys()]).toEqual(["mode"]);
});
