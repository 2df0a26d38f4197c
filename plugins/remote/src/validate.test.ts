import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { NodeConfigSchema, Severity } from "slipway/driver";
import { expect, it } from "vitest";
import { validate } from "./validate.js";

const endpoint = "tcp://build:1234";
const check = (config: MessageInitShape<typeof NodeConfigSchema>, environment: Record<string, string> = {}) =>
  validate(create(NodeConfigSchema, { builder: "b", node: "b0", ...config }), environment);

it("normalizes a configuration; the normal form does not change", async () => {
  const { config, diagnostics } = await check({
    endpoint: "https://build",
    options: { "default-load": "1", servername: "b" },
  });
  expect(diagnostics).toEqual([]);
  expect(config).toMatchObject({
    endpoint: "https://build:443",
    options: { "default-load": "true", servername: "b" },
  });
  expect(await validate(config, {})).toEqual({ config, diagnostics: [] });
});

it("takes the endpoint from BUILDKIT_HOST when none is given", async () => {
  const environment = { BUILDKIT_HOST: "unix:///run/b.sock" };
  expect((await check({}, environment)).config.endpoint).toBe("unix:///run/b.sock");
  expect((await check({ endpoint }, environment)).config.endpoint).toBe(endpoint);
  expect((await check({})).diagnostics).toMatchObject([
    { reason: "ENDPOINT_REQUIRED", field: "endpoint", message: "No remote endpoint provided." },
  ]);
});

it("reports all unsupported settings at once, with buildx's messages", async () => {
  const { diagnostics } = await check({
    endpoint: "http://build:1234",
    options: { cacert: "ca.pem", image: "x", "default-load": "maybe" },
    daemonFlags: ["--debug"],
    daemonFiles: { "buildkitd.toml": new Uint8Array() },
  });
  const found = Object.fromEntries(diagnostics.map(({ field, message }) => [field, message]));
  expect(found).toMatchObject({
    endpoint: 'The endpoint "http://build:1234" cannot be used: unrecognized url scheme http.',
    daemon_flags: "Setting buildkit flags is not supported for remote driver.",
    "daemon_files[buildkitd.toml]": "Setting config file is not supported for remote driver.",
    "options[cacert]": "Non-absolute path 'ca.pem' provided for cacert.",
    "options[image]": 'The driver remote has no option "image".',
    "options[default-load]": expect.stringContaining("expected true or false"),
  });
  expect(diagnostics.every(({ remedy }) => remedy !== "")).toBe(true);
  expect(diagnostics.find(({ field }) => field === "endpoint")?.remedy).toContain("kube-pod://");
});

it("never shows a password of an endpoint", async () => {
  const { diagnostics } = await check({ endpoint: "ssh://me:secret@build" });
  expect(diagnostics).toMatchObject([{ field: "endpoint", message: expect.stringContaining("plain-text") }]);
  expect(JSON.stringify(diagnostics)).not.toContain("secret");
});

it("never shows a password in a variable of the environment or of the endpoint", async () => {
  const DOCKER_HOST = "ssh://me:secret@build";
  for (const [given, environment] of [
    ["docker-container://b", { DOCKER_HOST }],
    [`docker-container://b?DOCKER_HOST=${DOCKER_HOST}`, {}],
    [`docker-container://b?DOCKER_HOST=${DOCKER_HOST}&tls=1`, {}],
  ] as const) {
    const { diagnostics } = await check({ endpoint: given }, environment);
    expect(diagnostics).toMatchObject([{ severity: Severity.ERROR, field: "endpoint" }]);
    expect(JSON.stringify(diagnostics)).not.toContain("secret");
  }
});

it("requires a client certificate and its key together, and each of them once", async () => {
  const fields = async (options: Record<string, string>) =>
    (await check({ endpoint, options })).diagnostics
      .filter(({ severity }) => severity === Severity.ERROR)
      .map(({ reason, field }) => `${reason} ${field}`);
  expect(await fields({ cert: "/cert" })).toEqual(["OPTION_REQUIRED options[key]"]);
  expect(await fields({ key: "/key", cacert: "/ca" })).toEqual(["OPTION_REQUIRED options[cert]"]);
  expect(await fields({ cacert: "/ca", "cacert.pem": "x" })).toContain("OPTION_CONFLICT options[cacert.pem]");
});

it("warns about a missing file, and refuses content that is not a certificate", async () => {
  expect((await check({ endpoint, options: { cacert: "/missing/ca.pem" } })).diagnostics).toMatchObject([
    { severity: Severity.WARNING, reason: "TLS_FILES_UNREADABLE", field: "options[cacert]" },
  ]);
  const { diagnostics } = await check({ endpoint, options: { "cacert.pem": "very secret" } });
  expect(diagnostics).toMatchObject([
    { severity: Severity.ERROR, reason: "TLS_FILES_INVALID", field: "options[cacert.pem]" },
  ]);
  expect(JSON.stringify(diagnostics)).not.toContain("very secret");
});

it("warns about TLS options of an endpoint without TLS", async () => {
  const { config, diagnostics } = await check({ endpoint: "ssh://build", options: { servername: "b" } });
  expect(diagnostics).toMatchObject([
    { severity: Severity.WARNING, reason: "OPTION_UNUSED", field: "options[servername]" },
  ]);
  expect(config.endpoint).toBe("ssh://build?SSH_AUTH_SOCK=");
});
