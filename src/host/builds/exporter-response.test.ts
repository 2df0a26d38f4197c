import { expect, it } from "vitest";
import { cacheIn, descriptorIn } from "./exporter-response.js";

it.each(["null", "{", "[]", "{}", '{"mediaType":"m","digest":1,"size":1}'])(
  "refuses %s, which is no descriptor",
  (text) => {
    const base64 = Buffer.from(text).toString("base64");
    expect(() => descriptorIn({ "containerimage.descriptor": base64 })).toThrow("image is malformed");
    expect(() => cacheIn({ "cache.manifest": text })).toThrow("build cache is malformed");
  },
);
