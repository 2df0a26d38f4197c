import { expect, test } from "vitest";
import { ManifestError, parseManifest } from "./manifest.js";

const machine = { platform: "linux", arch: "x64", node: "/usr/bin/node" };
const good = {
  manifestVersion: 1,
  name: "farm",
  version: "1.2.0",
  protocols: [1, 2],
  command: ["./bin/farm", "--serve"],
  drivers: ["farm", "farm-gpu"],
};

function read(json: unknown) {
  return parseManifest(JSON.stringify(json), "/plugins/farm", machine);
}

function problems(json: unknown): string[] {
  try {
    read(json);
  } catch (error) {
    if (error instanceof ManifestError) return error.problems;
  }
  throw new Error("The manifest was accepted.");
}

test("reads a manifest and makes the program's path absolute", () => {
  expect(read({ ...good, $schema: "x", homepage: "https://farm.example", unknown: true })).toEqual({
    name: "farm",
    version: "1.2.0",
    description: "",
    command: ["/plugins/farm/bin/farm", "--serve"],
    drivers: ["farm", "farm-gpu"],
    policyLanguages: [],
    checksums: new Map(),
    homepage: "https://farm.example",
    license: "",
  });
});

// biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the manifest.
test("replaces ${node} with the Node.js of the host", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the manifest.
  const { command } = read({ ...good, command: ["${node}", "main.js"] });
  expect(command).toEqual(["/usr/bin/node", "main.js"]);
});

test("uses the command and the checksums of this machine's platform", () => {
  const sum = "AB".repeat(32);
  const platforms = {
    "linux-x64": { command: ["linux/farm"], sha256: { "linux/farm": sum } },
    "darwin-arm64": { command: ["mac/farm"] },
  };
  const manifest = read({ ...good, command: undefined, platforms });
  expect(manifest.command).toEqual(["/plugins/farm/linux/farm"]);
  expect(manifest.checksums).toEqual(new Map([["/plugins/farm/linux/farm", sum.toLowerCase()]]));
  const mac = { "darwin-arm64": { command: ["mac/farm"] } };
  expect(problems({ ...good, command: undefined, platforms: mac })).toEqual([
    "it does not support linux-x64, only darwin-arm64",
  ]);
});

test("reports everything that is wrong at once", () => {
  const wrong = {
    manifestVersion: 1,
    name: "Farm!",
    protocols: ["1"],
    command: "farm",
    drivers: ["my driver"],
    homepage: 7,
    sha256: { "../escape": "00" },
  };
  expect(problems(wrong)).toEqual([
    "name must be lower case letters, digits, dots and dashes",
    "version must be a string",
    "drivers must be a list of at least one valid string",
    "protocols must be a list of at least one number",
    "command must be a list of at least one valid string",
    "sha256[../escape] must be 64 hexadecimal digits for a path inside the folder",
    "homepage must be a string",
  ]);
});

test.each([
  ["{", /not JSON/],
  ["[]", /not a JSON object/],
  ["{}", /manifestVersion is undefined; only 1 is supported/],
  [JSON.stringify({ ...good, manifestVersion: 2 }), /manifestVersion is 2/],
  [
    JSON.stringify({ ...good, protocols: [1] }),
    /speaks driver protocol 1, and this host 2: use a version of the plugin for protocol 2/,
  ],
])("refuses %s", (text, message) => {
  expect(() => parseManifest(text, "/p", machine)).toThrow(message);
});

test("reads the address of a plugin that an operator runs", () => {
  const tls = { ca: "ca.pem", certificate: "/etc/host.pem", key: "host-key.pem" };
  const operated = { ...good, command: undefined, address: "tcp://[::1]:7443", tls };
  expect(read(operated)).toMatchObject({
    address: {
      host: "::1",
      port: 7443,
      serverName: "::1",
      tls: { ca: "/plugins/farm/ca.pem", certificate: "/etc/host.pem", key: "/plugins/farm/host-key.pem" },
    },
  });
  expect(problems({ ...operated, address: "farm:1", command: ["x"], tls: { ca: "ca.pem" } })).toEqual([
    'address must have the form "tcp://host:port"',
    "address and command exclude each other: either the host starts the plugin, or an operator does",
    "tls.certificate must be a string",
    "tls.key must be a string",
  ]);
});

test("a plugin that evaluates policies needs no drivers, and its languages are endings of file names", () => {
  const { drivers, ...rest } = good;
  expect(read({ ...rest, policyLanguages: ["rego"] })).toMatchObject({
    drivers: [],
    policyLanguages: ["rego"],
  });
  expect(read({ ...good, policyLanguages: ["rego"] })).toMatchObject({ drivers, policyLanguages: ["rego"] });
  expect(problems(rest)).toEqual(["drivers must be a list of at least one valid string"]);
  expect(problems({ ...rest, policyLanguages: ["Re go"] })).toEqual([
    "policyLanguages must be a list of at least one valid string",
    "drivers must be a list of at least one valid string",
  ]);
});
