import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { redactSpec } from "../redaction/redact-spec.js";
import { secretFields, secretVariables } from "./secret-fields.js";

type Init = Parameters<typeof create<typeof BuildSpecSchema>>[1];
const fieldsOf = (init: Init) => {
  const spec = create(BuildSpecSchema, init);
  return secretFields(spec, redactSpec(spec));
};

it.each<[string, Init, string[]]>([
  ["nothing", {}, []],
  ["files of this machine", { context: { source: { case: "path", value: "/src" } }, tags: ["a"] }, []],
  [
    "the content of a Dockerfile",
    { dockerfile: { source: { case: "content", value: Buffer.from("FROM a") } } },
    [],
  ],
  [
    "the content of a policy",
    { policy: { policies: [{ files: [{ name: "a.rego", content: Buffer.from("x") }] }] } },
    [],
  ],
  ["an agent", { ssh: [{ id: "default", agentSocket: "/run/agent" }] }, []],
  ["another docker configuration", { registryAuth: { dockerConfigDir: "/home/u/.docker" } }, []],
  ["a secret", { secrets: [{ id: "s", value: Buffer.from("x") }] }, ["spec.secrets"]],
  ["a key", { ssh: [{ id: "default", keys: [Buffer.from("k")] }] }, ["spec.ssh"]],
  ["a login", { registryAuth: { logins: { "r.test": { username: "u" } } } }, ["spec.registry_auth.logins"]],
  [
    "a marked argument",
    { buildArgs: { A: "value", B: "b" }, sensitiveParameters: ["A"] },
    ["spec.build_args"],
  ],
  [
    "credentials in a URL",
    { context: { source: { case: "url", value: "https://u:password@git.test/a.git" } } },
    ["spec.context"],
  ],
  [
    "keys of a cache",
    { cacheTo: [{ type: "s3", attributes: { bucket: "b", secret_access_key: "abcdef" } }] },
    ["spec.cache_to"],
  ],
  ["a variable", { environment: { PATH: "/bin", VAULT_TOKEN: "abc" } }, ["spec.environment[VAULT_TOKEN]"]],
])("of a specification with %s", (_what, init, expected) => {
  expect(fieldsOf(init)).toEqual(expected);
});

it("variables that name files and sockets are no secrets, whatever they are called", () => {
  const harmless = {
    PATH: "/usr/bin",
    HOME: "/home/u",
    DOCKER_HOST: "ssh://me@far",
    DOCKER_CONTEXT: "desktop-linux",
    SSH_AUTH_SOCK: "/run/user/1000/agent",
    XAUTHORITY: "/home/u/.Xauthority",
    GOOGLE_APPLICATION_CREDENTIALS: "/home/u/key.json",
    AWS_WEB_IDENTITY_TOKEN_FILE: "/run/token",
    HTTP_PROXY: "http://proxy.test:3128",
    VAULT_TOKEN: "",
  };
  const secret = {
    DOCKER_AUTH_CONFIG: "{}",
    AWS_ACCESS_KEY_ID: "AKIA",
    AWS_SECRET_ACCESS_KEY: "abc",
    AWS_SESSION_TOKEN: "abc",
    AZURE_CLIENT_SECRET: "abc",
    https_proxy: "http://u:password@proxy.test",
  };
  expect(secretVariables({ ...harmless, ...secret })).toEqual(Object.keys(secret));
});
