import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { mustBuild } from "../host/build.js";
import { must, tempDir } from "../lab/index.js";
import {
  backends,
  bothPlatforms,
  descriptorOf,
  digestOf,
  platformsIn,
  push,
  rawManifest,
  sharePair,
} from "./harness.js";

const all = backends();
const pair = sharePair(all);

it("pushes one index of both nodes' images under every name in every repository", async () => {
  const host = pair();
  const { host: registry } = all.registry;
  const tags = [`${registry}/one:a`, `${registry}/one:b`, `${registry}/two/three:c`];
  const run = await mustBuild(host, await bothPlatforms({ tags, outputs: [push] }));

  const result = run.finished.result!;
  expect(result.imageNames).toEqual(tags);
  expect(descriptorOf(result).digest).toBe(result.imageDigest);
  for (const [repository, tag] of [
    ["one", "a"],
    ["one", "b"],
    ["two/three", "c"],
  ] as const) {
    expect(await digestOf(registry, repository, tag)).toBe(result.imageDigest);
    const index = await rawManifest(`${registry}/${repository}:${tag}`);
    expect(platformsIn(index)).toEqual(["linux/amd64", "linux/arm64"]);
    expect(index.mediaType).toBe("application/vnd.oci.image.index.v1+json");
  }
  for (const arch of ["amd64", "arm64"]) {
    const folder = join(await tempDir(), "image");
    const from = `docker://${registry}/two/three:c`;
    await must("skopeo", [
      "copy",
      "--src-tls-verify=false",
      `--override-arch=${arch}`,
      from,
      `dir:${folder}`,
    ]);
    const { layers } = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
    const first = join(folder, layers[0].digest.slice("sha256:".length));
    expect((await must("tar", ["-xzOf", first, "platform.txt"])).stdout).toBe(`${arch}\n`);
  }

  expect(run.steps).toContain(`merging manifest list ${tags.join(",")}`);
  const started = run.events.flatMap(({ event }) => (event.case === "started" ? [event.value] : []));
  expect(started.map(({ node, platforms }) => [node, platforms])).toEqual([
    ["amd", ["linux/amd64"]],
    ["arm", ["linux/arm64"]],
  ]);
  const { build } = await host.builds.getBuild({ id: run.id });
  expect(build?.refs).toEqual(started.map(({ ref }) => ref));
  const progress = run.events.flatMap(({ event }) => (event.case === "progress" ? [event.value] : []));
  expect(new Set(progress.map(({ node }) => node))).toEqual(new Set(["amd", "arm", ""]));
  expect(result.nodes.map(({ node, platforms, ref }) => ({ node, platforms, ref }))).toMatchObject([
    { node: "amd", platforms: ["linux/amd64"], ref: started[0]!.ref },
    { node: "arm", platforms: ["linux/arm64"], ref: started[1]!.ref },
  ]);
});

it("preserves attestations and annotations of every platform", async () => {
  const host = pair();
  const { host: registry } = all.registry;
  await mustBuild(
    host,
    await bothPlatforms({
      tags: [`${registry}/attested`],
      outputs: [push],
      attestations: { provenance: "mode=max" },
      annotations: {
        "index:of-index": "1",
        "manifest-descriptor:of-each": "2",
        "manifest-descriptor[linux/arm64]:of-arm": "3",
        "manifest[linux/amd64]:in-amd": "4",
      },
    }),
  );
  const index = await rawManifest(`${registry}/attested:latest`);
  expect(index.annotations).toEqual({ "of-index": "1" });
  const images = index.manifests.filter(({ platform }) => platform.architecture !== "unknown");
  expect(images.map(({ annotations }) => annotations)).toEqual([
    { "of-each": "2" },
    { "of-each": "2", "of-arm": "3" },
  ]);
  const [amd] = await Promise.all(images.map(({ digest }) => rawManifest(`${registry}/attested@${digest}`)));
  expect(amd?.annotations).toEqual({ "in-amd": "4" });
  const attested = index.manifests.filter(({ platform }) => platform.architecture === "unknown");
  expect(attested.map(({ annotations }) => annotations?.["vnd.docker.reference.digest"]).sort()).toEqual(
    images.map(({ digest }) => digest).sort(),
  );
});

it("pushes docker's manifest list when OCI media types are turned off", async () => {
  const host = pair();
  const { host: registry } = all.registry;
  const attributes = { "oci-mediatypes": "false" };
  const attestations = { provenance: "disabled=true" };
  const spec = { tags: [`${registry}/docker:1`], outputs: [{ ...push, attributes }], attestations };
  await mustBuild(host, await bothPlatforms(spec));
  const index = await rawManifest(`${registry}/docker:1`);
  expect(index.mediaType).toBe("application/vnd.docker.distribution.manifest.list.v2+json");
  expect(index.manifests.map(({ mediaType }) => mediaType)).toEqual(
    Array(2).fill("application/vnd.docker.distribution.manifest.v2+json"),
  );
});

it("pushes by digest without a tag on request", async () => {
  const host = pair();
  const { host: registry } = all.registry;
  const attributes = { name: `${registry}/untagged`, "push-by-digest": "true" };
  const run = await mustBuild(host, await bothPlatforms({ outputs: [{ ...push, attributes }] }));
  const { imageDigest } = run.finished.result!;
  expect(platformsIn(await rawManifest(`${registry}/untagged@${imageDigest}`))).toHaveLength(2);
  expect(await digestOf(registry, "untagged", "latest")).toBeUndefined();
});
