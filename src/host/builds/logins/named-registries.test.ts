import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { describe, expect, onTestFinished, test } from "vitest";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { NodeConfigSchema } from "../../../gen/slipway/driver/v1/node_pb.js";
import { folderSource } from "../../../inputs/files/folder-source.js";
import { memorySource } from "../../../inputs/files/memory-source.js";
import type { SolvePlan } from "../solve-plan.js";
import { type NamingPlan, namedRegistries } from "./named-registries.js";
import { readDockerfile } from "./read-dockerfile.js";

/** Asks about registries of a build whose Dockerfile names r.test only. */
interface Given {
  dockerfile?: string;
  spec?: Parameters<typeof create<typeof BuildSpecSchema>>[1];
  attributes?: Record<string, string>;
  exporter?: Record<string, string>;
  cache?: Record<string, string>;
  toml?: string;
}

async function namesOf(given: Given) {
  const { dockerfile = "FROM r.test/a", spec, attributes = {}, exporter = {}, cache = {}, toml } = given;
  const bytes = (text: string) => new TextEncoder().encode(text);
  const daemonFiles: Record<string, Uint8Array> = toml ? { "buildkitd.toml": bytes(toml) } : {};
  const solve: SolvePlan = {
    frontend: { name: "dockerfile.v0", attributes: { filename: "Dockerfile", ...attributes } },
    exports: [
      { output: 0, type: "image", attributes: exporter, destination: { kind: "none" }, pushAfterwards: [] },
    ],
    caches: { imports: [{ type: "registry", attributes: cache }], exports: [] },
    cacheOnly: false,
    entitlements: [],
    isCall: false,
  };
  const plan: NamingPlan = { node: { config: create(NodeConfigSchema, { daemonFiles }) }, solve };
  const locals = { dockerfile: memorySource({ Dockerfile: bytes(dockerfile) }) };
  return namedRegistries(create(BuildSpecSchema, spec), { locals }, [plan]);
}

describe("a registry is named by", () => {
  test.each<[string, Given]>([
    ["a tag", { spec: { tags: ["n.test/a:b"] } }],
    ["a login of the request", { spec: { registryAuth: { logins: { "https://n.test/v1/": {} } } } }],
    ["an output", { exporter: { name: "r.test/x,n.test/y" } }],
    ["a cache", { cache: { ref: "n.test/cache" } }],
    ["a named context", { attributes: { "context:base": "docker-image://n.test/base" } }],
    ["the generator of an SBOM", { attributes: { "attest:sbom": "generator=n.test/scanner" } }],
    ["a mirror of the builder", { toml: '[registry."docker.io"]\nmirrors = ["n.test/hub"]' }],
    ["the Dockerfile", { dockerfile: "FROM n.test/a" }],
    ["a build argument", { dockerfile: "ARG R\nFROM $R/a", attributes: { "build-arg:R": "n.test" } }],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a Dockerfile's expression
    ["an image whose tag is not known", { dockerfile: "ARG V=v1\nFROM n.test/a:${V#v}" }],
    ["the Dockerfile's frontend", { dockerfile: "# syntax=n.test/docker/dockerfile:1\nFROM r.test/a" }],
    ["BUILDKIT_SYNTAX", { attributes: { "build-arg:BUILDKIT_SYNTAX": "n.test/docker/dockerfile x" } }],
  ])("%s", async (_, given) => {
    const names = await namesOf(given);
    expect(names.has("n.test")).toBe(true);
    for (const other of ["unrelated.test", "n.test:5000", "x.n.test", ""])
      expect(names.has(other)).toBe(false);
  });
});

test("Docker Hub is named by images without a registry, under each of its names", async () => {
  for (const given of [{ dockerfile: "FROM alpine" }, { attributes: { "attest:sbom": "" } }]) {
    const names = await namesOf(given);
    for (const host of ["registry-1.docker.io", "docker.io", "index.docker.io"])
      expect(names.has(host)).toBe(true);
    expect(names.has("unrelated.test")).toBe(false);
  }
  const names = await namesOf({ dockerfile: "FROM r.test/a AS build\nFROM build" });
  expect(names.has("registry-1.docker.io")).toBe(false);
});

describe("every registry may be named by", () => {
  test.each<[string, Given]>([
    [
      "a Dockerfile in a context that BuildKit fetches",
      { attributes: { context: "https://git.test/x.git" } },
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a Dockerfile's expression
    ["an image in a variable of which a part is removed", { dockerfile: "ARG BASE=x\nFROM ${BASE#x}" }],
    ["another frontend", { dockerfile: "# syntax=r.test/frontend\nFROM r.test/a" }],
    ["another frontend of the request", { attributes: { source: "r.test/frontend" } }],
    ["another frontend of a file in JSON", { dockerfile: '{"syntax": "r.test/frontend"}' }],
  ])("%s", async (_, given) => {
    expect((await namesOf(given)).has("unrelated.test")).toBe(true);
  });
});

describe("no other registry is named by", () => {
  test.each<[string, Given]>([
    ["an image in a variable without a value", { dockerfile: "ARG BASE\nFROM $BASE" }],
    ["a file without a FROM", { dockerfile: "RUN any" }],
    ["a Dockerfile that is not in its folder", { attributes: { filename: "Other" } }],
    ["a Dockerfile in a folder that is not the host's", { attributes: { dockerfilekey: "other" } }],
    ["a Dockerfile that is too large", { dockerfile: `FROM r.test/a\n${"#".repeat(4 << 20)}` }],
  ])("%s", async (_, given) => {
    expect((await namesOf(given)).has("unrelated.test")).toBe(false);
  });
});

test.each([
  ["a link", "Dockerfile", { Dockerfile: "real", real: "FROM n.test/a" }],
  [
    "links through a folder",
    "a/Dockerfile",
    { a: "/b", "b/Dockerfile": "../c/real", "c/real": "FROM n.test/a" },
  ],
  ["a link above the root", "Dockerfile", { Dockerfile: "../../real", real: "FROM n.test/a" }],
  ["the name in small letters", "Dockerfile", { dockerfile: "FROM n.test/a" }],
])("a Dockerfile is found by %s", async (_, filename, tree) => {
  const root = await mkdtemp(join(tmpdir(), "slipway-named-"));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [path, content] of Object.entries(tree)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    if (content.startsWith("FROM")) await writeFile(join(root, path), content);
    else await symlink(content, join(root, path));
  }
  const locals = { dockerfile: await folderSource(root) };
  expect(await readDockerfile({ filename }, locals)).toBe("FROM n.test/a");
});

test("a Dockerfile behind links that lead to each other names nothing", async () => {
  const root = await mkdtemp(join(tmpdir(), "slipway-named-"));
  onTestFinished(() => rm(root, { recursive: true }));
  await symlink("other", join(root, "Dockerfile"));
  await symlink("Dockerfile", join(root, "other"));
  expect(await readDockerfile({}, { dockerfile: await folderSource(root) })).toBe("");
});
