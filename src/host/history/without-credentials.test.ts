import { expect, it } from "vitest";
import { withoutCredentials } from "./without-credentials.js";

const importsOf = (text: string) => withoutCredentials({ "cache-imports": text, target: "t" });

it("removes keys and tokens of cache imports, and nothing else", () => {
  const imports = [
    { Type: "s3", Attrs: { bucket: "b", secret_access_key: "hush", ref: "r" } },
    { Type: "gha" },
  ];
  const text = '[{"Type":"s3","Attrs":{"ref":"r"}},{"Type":"gha","Attrs":{}}]';
  expect(importsOf(JSON.stringify(imports))).toEqual({ "cache-imports": text, target: "t" });
  expect(importsOf("hush")).toEqual({ "cache-imports": "", target: "t" });
  expect(withoutCredentials({ target: "t" })).toEqual({ target: "t" });
});
