import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { NodeConfigSchema } from "../../../gen/slipway/driver/v1/node_pb.js";
import { memorySource } from "../../../inputs/files/memory-source.js";
import type { SolvePlan } from "../solve-plan.js";
import { type NamingPlan, namedRegistries } from "./named-registries.js";

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
    ["an image whose tag is a variable", { dockerfile: "FROM n.test/a:$UNKNOWN" }],
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
    ["a Dockerfile that is not in its folder", { attributes: { filename: "Other" } }],
    ["a Dockerfile in a folder that is not the host's", { attributes: { dockerfilekey: "other" } }],
    ["an image in an unknown variable", { dockerfile: "ARG BASE\nFROM $BASE" }],
    ["another frontend", { dockerfile: "# syntax=r.test/frontend\nFROM r.test/a" }],
    ["another frontend of the request", { attributes: { source: "r.test/frontend" } }],
    ["a file that is no Dockerfile", { dockerfile: '{"syntax": "r.test/frontend"}' }],
  ])("%s", async (_, given) => {
    expect((await namesOf(given)).has("unrelated.test")).toBe(true);
  });
});
