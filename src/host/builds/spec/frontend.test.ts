import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { displayNameOf, type FrontendInput, frontendOf } from "./frontend.js";

function attributesOf(init: MessageInitShape<typeof BuildSpecSchema>, input: Partial<FrontendInput> = {}) {
  return frontendOf(create(BuildSpecSchema, init), {
    defaults: {},
    remoteContext: {},
    dockerfileName: "Dockerfile",
    dockerfileIsLocal: true,
    namedContexts: {},
    attestations: {},
    cacheImports: [],
    ...input,
  }).attributes;
}

it("sets only attributes that are requested", () => {
  expect(attributesOf({})).toEqual({ filename: "Dockerfile" });
});

it("translates every field", () => {
  const attributes = attributesOf(
    {
      target: "final",
      platforms: ["linux/arm64", "linux/x86_64", "linux/amd64"],
      buildArgs: { A: "1" },
      labels: { l: "2" },
      noCacheStages: ["a", "b"],
      pull: true,
      network: "none",
      shmSizeBytes: 64n,
      cgroupParent: "/c",
      ulimits: [
        { name: "nproc", soft: 5n, hard: 5n },
        { name: "nofile", soft: 1n, hard: 2n },
        { name: "nproc", soft: 6n, hard: 7n },
        { name: "core", soft: 4n },
        { name: "memlock", soft: 0n, hard: 0n },
        { name: "stack", soft: 8n, hard: -1n },
      ],
      extraHosts: [
        { name: "a", address: "10.0.0.1" },
        { name: "a", address: "10.0.0.2" },
        { name: "b", address: "host-gateway" },
      ],
      frontendAttributes: { hostname: "h" },
    },
    {
      defaults: { "image-resolve-mode": "local" },
      hostGateway: "172.17.0.1",
      attestations: { sbom: "" },
      namedContexts: { base: "docker-image://alpine" },
      cacheImports: [{ type: "registry", attributes: { ref: "r" } }],
    },
  );
  expect(attributes).toEqual({
    filename: "Dockerfile",
    target: "final",
    platform: "linux/arm64,linux/amd64",
    "build-arg:A": "1",
    "label:l": "2",
    "no-cache": "a,b",
    "image-resolve-mode": "pull",
    "force-network-mode": "none",
    "shm-size": "64",
    "cgroup-parent": "/c",
    ulimit: "core=4:4,memlock=0:0,nofile=1:2,nproc=6:7,stack=8:-1",
    "add-hosts": "a=10.0.0.1,a=10.0.0.2,b=172.17.0.1",
    hostname: "h",
    "attest:sbom": "",
    "context:base": "docker-image://alpine",
    "frontend.caps": "moby.buildkit.frontend.contexts+forward",
    "cache-imports": '[{"Type":"registry","Attrs":{"ref":"r"}}]',
  });
});

it("supports a local Dockerfile with a context that BuildKit fetches", () => {
  const remoteContext = { context: "https://h/r.git", contextsubdir: "sub", filename: "sub/Dockerfile" };
  expect(attributesOf({}, { remoteContext, dockerfileIsLocal: false })).toEqual(remoteContext);
  expect(attributesOf({}, { remoteContext, dockerfileName: "Other" })).toEqual({
    context: "https://h/r.git",
    contextsubdir: "sub",
    filename: "Other",
    dockerfilekey: "dockerfile",
  });
});

it("uses the frontend of BUILDKIT_SYNTAX", () => {
  const spec = create(BuildSpecSchema, { buildArgs: { BUILDKIT_SYNTAX: "docker/dockerfile:1 --x" } });
  const { name, attributes } = frontendOf(spec, {
    defaults: {},
    remoteContext: {},
    dockerfileName: "Dockerfile",
    dockerfileIsLocal: true,
    namedContexts: {},
    attestations: {},
    cacheImports: [],
  });
  expect(name).toBe("gateway.v0");
  expect(attributes).toMatchObject({ source: "docker/dockerfile:1", cmdline: "docker/dockerfile:1 --x" });
});

it("takes an empty BUILDKIT_SYNTAX as not given", () => {
  for (const value of ["", " "])
    expect(attributesOf({ buildArgs: { BUILDKIT_SYNTAX: value, A: "" } })).toEqual({
      filename: "Dockerfile",
      "build-arg:A": "",
    });
});

it("requests a subrequest for a call", () => {
  expect(attributesOf({ call: "check" })).toMatchObject({
    requestid: "frontend.lint",
    "frontend.caps": "moby.buildkit.frontend.subrequests+forward",
  });
});

it.each([
  ["/src/app", "app"],
  ["/src/app//", "app"],
  ["app", "app"],
  ["//", "//"],
  [`a${"/".repeat(500_000)}b`, "b"],
])("names a build after its context", (value, name) => {
  const spec = create(BuildSpecSchema, { context: { source: { case: "path", value } } });
  expect(displayNameOf(spec)).toBe(name);
});
