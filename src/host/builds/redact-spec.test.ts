import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { BuildSpecSchema } from "../../gen/slipway/v1/build_spec_pb.js";
import { redactSpec } from "./redact-spec.js";

it("keeps passwords of proxies and what the caller marks out of records", () => {
  const spec = create(BuildSpecSchema, {
    buildArgs: {
      HTTP_PROXY: "http://user:secret@proxy.example:3128",
      https_proxy: "user:p@ss/w@proxy.example",
      ALL_PROXY: "socks5://proxy.example",
      NO_PROXY: "a@b",
      TOKEN: "secret",
      VERSION: "1.2",
    },
    frontendAttributes: {
      "build-arg:TOKEN": "secret",
      "build-arg:http_proxy": "http://user@proxy.example",
      key: "secret",
      other: "x",
    },
    sensitiveBuildArgs: ["TOKEN", "key"],
  });
  const shown = redactSpec(spec);
  expect(shown.buildArgs).toEqual({
    HTTP_PROXY: "http://<redacted>@proxy.example:3128",
    https_proxy: "<redacted>@proxy.example",
    ALL_PROXY: "socks5://proxy.example",
    NO_PROXY: "a@b",
    TOKEN: "<redacted>",
    VERSION: "1.2",
  });
  expect(shown.frontendAttributes).toEqual({
    "build-arg:TOKEN": "<redacted>",
    "build-arg:http_proxy": "http://<redacted>@proxy.example",
    key: "<redacted>",
    other: "x",
  });
  expect(spec.buildArgs.TOKEN).toBe("secret");
});
