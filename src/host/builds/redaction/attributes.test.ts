import { expect, it } from "vitest";
import { shownArgs, shownAttributes } from "./attributes.js";

const importsOf = (text: string) => shownAttributes({ "cache-imports": text, target: "t" }, []);

it("removes keys and tokens of cache imports, and nothing else", () => {
  const imports = [
    { Type: "s3", Attrs: { bucket: "b", secret_access_key: "hush", ref: "r" } },
    { Type: "gha" },
  ];
  const text = '[{"Type":"s3","Attrs":{"ref":"r"}},{"Type":"gha","Attrs":{}}]';
  expect(importsOf(JSON.stringify(imports))).toEqual({ "cache-imports": text, target: "t" });
  expect(importsOf("hush")).toEqual({ "cache-imports": "", target: "t" });
});

it("redacts secret attributes of cache backends, but no build argument of that name", () => {
  const attributes = {
    token: "a",
    session_token: "b",
    secret_access_key: "c",
    "build-arg:token": "d",
    x: "e",
  };
  expect(shownAttributes(attributes, [])).toEqual({
    token: "<redacted>",
    session_token: "<redacted>",
    secret_access_key: "<redacted>",
    "build-arg:token": "d",
    x: "e",
  });
  expect(shownArgs({ token: "d" }, [])).toEqual({ token: "d" });
});

it("redacts the credentials of URLs and of proxies", () => {
  const attributes = { "context:z": "https://u:pass@h/x", "build-arg:HTTP_PROXY": "u:p@ss/w@h" };
  expect(shownAttributes(attributes, [])).toEqual({
    "context:z": "https://<redacted>@h/x",
    "build-arg:HTTP_PROXY": "<redacted>@h",
  });
});
