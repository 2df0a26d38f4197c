import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { BuildSpecSchema } from "../../../gen/slipway/v1/build_spec_pb.js";
import { type FrontendInput, frontendOf } from "./frontend.js";

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
      ulimits: [{ name: "nofile", soft: 1n, hard: 2n }],
      extraHosts: { a: "10.0.0.1", b: "host-gateway" },
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
    ulimit: "nofile=1:2",
    "add-hosts": "a=10.0.0.1,b=172.17.0.1",
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

it("requests a subrequest for a call", () => {
  expect(attributesOf({ call: "check" })).toMatchObject({
    requestid: "frontend.lint",
    "frontend.caps": "moby.buildkit.frontend.subrequests+forward",
  });
});
