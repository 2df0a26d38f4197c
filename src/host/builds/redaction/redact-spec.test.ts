import { create, toJsonString } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
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
    sensitiveParameters: ["TOKEN", "key"],
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

it("keeps the credentials of URLs out of every field", () => {
  const spec = create(BuildSpecSchema, {
    context: { source: { case: "url", value: "https://ghp_0123@github.com/x.git" } },
    namedContexts: { z: { source: { case: "url", value: "https://u:pass@h/z.git" } } },
    buildArgs: { REPO: "see https://u:pass@h/ there" },
    frontendAttributes: {
      "context:z": "https://u:pass@h/z",
      "cache-imports": '[{"Type":"s3","Attrs":{"secret_access_key":"pass","ref":"r"}}]',
    },
    outputs: [{ type: "image", attributes: { name: "x", token: "pass" } }],
    cacheTo: [{ type: "s3", attributes: { bucket: "b", secret_access_key: "pass" } }],
    labels: { source: "https://u:pass@h/" },
    displayName: "build of https://u:pass@h/, pass",
  });
  const shown = redactSpec(spec);
  expect(shown).toMatchObject({
    context: { source: { value: "https://<redacted>@github.com/x.git" } },
    namedContexts: { z: { source: { value: "https://<redacted>@h/z.git" } } },
    buildArgs: { REPO: "see https://<redacted>@h/ there" },
    frontendAttributes: {
      "context:z": "https://<redacted>@h/z",
      "cache-imports": '[{"Type":"s3","Attrs":{"ref":"r"}}]',
    },
    outputs: [{ type: "image", attributes: { name: "x", token: "<redacted>" } }],
    cacheTo: [{ type: "s3", attributes: { bucket: "b", secret_access_key: "<redacted>" } }],
    labels: { source: "https://<redacted>@h/" },
    displayName: "build of https://<redacted>@h/, <redacted>",
  });
  expect(toJsonString(BuildSpecSchema, shown)).not.toContain("pass");
});

it("masks marked values in other fields, and short ones in their own only", () => {
  const spec = create(BuildSpecSchema, {
    buildArgs: { TOKEN: "hush", PIN: "123" },
    sensitiveParameters: ["TOKEN", "PIN"],
    tags: ["app:hush-123"],
  });
  const { tags, buildArgs } = redactSpec(spec);
  expect(tags).toEqual(["app:<redacted>-123"]);
  expect(buildArgs).toEqual({ TOKEN: "<redacted>", PIN: "<redacted>" });
});

it("keeps the names of files that were given, and not what is in them", () => {
  const content = Buffer.from("FROM scratch");
  const spec = create(BuildSpecSchema, {
    dockerfile: { source: { case: "content", value: content } },
    policy: { policies: [{ files: [{ name: "a.rego", content }] }] },
  });
  const none = new Uint8Array();
  expect(redactSpec(spec)).toMatchObject({
    dockerfile: { source: { case: "content", value: none } },
    policy: { policies: [{ files: [{ name: "a.rego", content: none }] }] },
  });
  expect(spec.policy?.policies[0]?.files[0]?.content).toEqual(content);
});
