import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { contextOf } from "../host/build.js";
import { shareHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { blobOf, type Manifest, manifestOf, newRepository, tagsOf, type User, userOf } from "./harness.js";

let user: User;
let context: string;
const host = shareHost();
beforeAll(async () => {
  user = await userOf(host());
});
beforeEach(async () => {
  // The first layer is that of the base image, in gzip; the second one is new.
  context = await contextOf({
    Dockerfile: `FROM ${lab().registry.baseImage}\nCOPY id /\n`,
    id: randomUUID(),
  });
});

/** Pushes the same image with Slipway and with buildx; returns both manifests from the registry. */
async function pushed(...args: string[]): Promise<{ ours: Manifest; theirs: Manifest; name: string }> {
  const name = newRepository();
  const ours = await user.slipway(["build", "-t", `${name}:ours`, ...args, context]);
  const theirs = await user.buildx(["build", "-t", `${name}:theirs`, ...args, context]);
  expect([ours.code, theirs.code], ours.stderr + theirs.stderr).toEqual([0, 0]);
  return { ours: await manifestOf(name, "ours"), theirs: await manifestOf(name, "theirs"), name };
}

/** A manifest without what differs between builds. */
function shapeOf({ mediaType, artifactType, annotations, layers, manifests }: Manifest) {
  return {
    mediaType,
    artifactType,
    annotations,
    layers: layers?.map((layer) => layer.mediaType),
    manifests: manifests?.map((entry) => [
      entry.mediaType,
      entry.platform,
      Object.keys(entry.annotations ?? {}),
    ]),
  };
}

describe("compression", () => {
  const magic: Record<string, string> = { zstd: "28b52ffd", gzip: "1f8b", uncompressed: "", estargz: "1f8b" };

  test.each([
    ["zstd", "application/vnd.oci.image.layer.v1.tar+zstd", ",compression-level=19"],
    ["gzip", "application/vnd.oci.image.layer.v1.tar+gzip", ",compression-level=9"],
    ["uncompressed", "application/vnd.oci.image.layer.v1.tar", ""],
    ["estargz", "application/vnd.oci.image.layer.v1.tar+gzip", ",force-compression"],
  ])("%s, of new layers or of all layers", async (type, mediaType, more) => {
    const plain = "--provenance=false";
    const attributes = `type=image,push=true,compression=${type}`;
    const own = await pushed(plain, "-o", attributes + (more.includes("force") ? "" : more));
    expect(shapeOf(own.ours)).toEqual(shapeOf(own.theirs));
    expect(own.ours.layers?.at(-1)?.mediaType).toBe(mediaType);
    const bytes = await blobOf(own.name, own.ours.layers!.at(-1)!.digest);
    expect(bytes.toString("hex").startsWith(magic[type]!)).toBe(true);

    const all = await pushed(
      plain,
      "-o",
      `${attributes},"force-compression=true"${more.replace(/,force.*/, "")}`,
    );
    expect(all.ours.layers?.map((layer) => layer.mediaType)).toEqual([mediaType, mediaType]);
    if (type === "estargz") {
      expect(Object.keys(all.ours.layers![0]!.annotations ?? {})).toContain(
        "containerd.io/snapshot/stargz/toc.digest",
      );
    }
  });
});

test("Docker's media types remove the default attestation, where buildx fails", async () => {
  const { ours, theirs } = await pushed("--provenance=false", "-o", "type=registry,oci-mediatypes=false");
  expect(shapeOf(ours)).toEqual(shapeOf(theirs));
  const name = newRepository();
  const output = `type=registry,oci-mediatypes=false,name=${name}`;
  expect((await user.slipway(["build", "-o", output, context])).code).toBe(0);
  expect(await manifestOf(name, "latest")).toEqual(ours);
  expect(ours.mediaType).toBe("application/vnd.docker.distribution.manifest.v2+json");
});

test("several names, and the name of an output", async () => {
  const [one, two] = [newRepository(), newRepository()];
  const { code } = await user.slipway([
    "build",
    "-t",
    `${one}:a`,
    "-t",
    `${one}:b`,
    "-t",
    two,
    "--push",
    context,
  ]);
  expect([code, await tagsOf(one), await tagsOf(two)]).toEqual([0, ["a", "b"], ["latest"]]);
  const named = newRepository();
  await user.slipway(["build", "-o", `type=image,"name=${named}:x,${named}:y",push=true`, context]);
  expect(await tagsOf(named)).toEqual(["x", "y"]);
  const { name, ours, theirs } = await pushed("-o", `type=registry,name=${named}:z`);
  expect(shapeOf(ours)).toEqual(shapeOf(theirs));
  expect([await tagsOf(named), await tagsOf(name)]).toEqual([
    ["x", "y"],
    ["ours", "theirs"],
  ]);
});

test("by digest, without a tag", async () => {
  const name = newRepository();
  const file = join(await tempDir(), "metadata.json");
  const output = `type=image,push=true,push-by-digest=true,name=${name}`;
  const args = ["build", "-q", "--provenance=false", "--metadata-file", file, "-o", output, context];
  const { stdout, code } = await user.slipway(args);
  expect([code, await tagsOf(name)]).toEqual([0, []]);
  const metadata = JSON.parse(await readFile(file, "utf8"));
  const manifest = await manifestOf(name, metadata["containerimage.digest"]);
  expect(manifest.config?.digest).toBe(metadata["containerimage.config.digest"]);
  expect(stdout.trim()).toBe(manifest.config?.digest);
});

test("annotations on every level, for every platform", async () => {
  const { ours, theirs, name } = await pushed(
    ...["--platform", "linux/amd64,linux/arm64", "--push"],
    ...["--annotation", "plain=1", "--annotation", "index:on.index=2"],
    ...["--annotation", "manifest[linux/arm64]:of-arm=3", "--annotation", "index,manifest:both=4"],
    ...["--annotation", "manifest-descriptor:described=5", "--annotation", "index-descriptor:top=6"],
  );
  expect(shapeOf(ours)).toEqual(shapeOf(theirs));
  expect(ours.annotations).toEqual({ "on.index": "2", both: "4" });
  const [amd64, arm64] = ours.manifests!;
  expect(amd64?.annotations).toEqual({ described: "5" });
  expect((await manifestOf(name, amd64!.digest)).annotations).toEqual({ plain: "1", both: "4" });
  expect((await manifestOf(name, arm64!.digest)).annotations).toEqual({
    plain: "1",
    both: "4",
    "of-arm": "3",
  });
});

describe("attestations", () => {
  const types = async (manifest: Manifest, name: string) => {
    const attached = manifest.manifests?.find(
      ({ annotations }) => annotations?.["vnd.docker.reference.type"] === "attestation-manifest",
    );
    if (!attached) return [];
    const { layers = [] } = await manifestOf(name, attached.digest);
    return layers.map(({ annotations }) => annotations?.["in-toto.io/predicate-type"]);
  };

  test.each([
    [[], ["https://slsa.dev/provenance/v1"]],
    [["--provenance=true"], ["https://slsa.dev/provenance/v1"]],
    [["--provenance=mode=max,version=v0.2"], ["https://slsa.dev/provenance/v0.2"]],
    [["--attest", "type=provenance,mode=min"], ["https://slsa.dev/provenance/v1"]],
    [["--provenance=false"], []],
  ])("%j", async (flags, expected) => {
    const { ours, theirs, name } = await pushed("--push", ...flags);
    expect(shapeOf(ours)).toEqual(shapeOf(theirs));
    expect(await types(ours, name)).toEqual(expected);
  });

  test("an SBOM from a scanner", async () => {
    const scanner = `${newRepository()}:1`;
    const script = [
      "#!/bin/sh",
      'echo \'{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document",\' > $BUILDKIT_SCAN_DESTINATION/sbom.spdx.json',
      `echo '"predicate":{"files":"'"$(ls $BUILDKIT_SCAN_SOURCE | tr '\\n' ' ')"'"}}' >> $BUILDKIT_SCAN_DESTINATION/sbom.spdx.json`,
      "",
    ].join("\n");
    const scannerContext = await contextOf({
      Dockerfile: `FROM ${lab().registry.baseImage}\nCOPY --chmod=755 scan /scan\nENTRYPOINT ["/scan"]\n`,
      scan: script,
    });
    expect((await user.slipway(["build", "-t", scanner, "--push", scannerContext])).code).toBe(0);
    const { ours, theirs, name } = await pushed(
      "--push",
      `--sbom=generator=${scanner}`,
      "--provenance=false",
    );
    expect(shapeOf(ours)).toEqual(shapeOf(theirs));
    expect(await types(ours, name)).toEqual(["https://spdx.dev/Document"]);
    const attached = await manifestOf(name, ours.manifests![1]!.digest);
    const sbom = JSON.parse(String(await blobOf(name, attached.layers![0]!.digest)));
    expect(sbom.predicate.files.split(" ")).toContain("id");
  });

  test("no OCI artifact, by a variable", async () => {
    const env = { BUILDX_NO_DEFAULT_OCI_ARTIFACT: "true" };
    const shapes = await Promise.all(
      (["slipway", "buildx"] as const).map(async (tool) => {
        const name = newRepository();
        expect((await user[tool](["build", "-t", name, "--push", context], { env })).code).toBe(0);
        return shapeOf(await manifestOf(name, (await manifestOf(name, "latest")).manifests![1]!.digest));
      }),
    );
    expect(shapes[0]).toEqual(shapes[1]);
    expect(shapes[0]?.artifactType).toBeUndefined();
  });

  test("none, by a variable", async () => {
    const name = newRepository();
    const env = { BUILDX_NO_DEFAULT_ATTESTATIONS: "1" };
    const { code } = await user.slipway(
      ["build", "-t", name, "--push", "--metadata-file", "/dev/null", context],
      { env },
    );
    expect([code, await types(await manifestOf(name, "latest"), name)]).toEqual([0, []]);
  });
});

test("SOURCE_DATE_EPOCH sets time stamps, so that two builds create the same image", async () => {
  const args = ["-o", "type=registry,rewrite-timestamp=true", "--no-cache", "--provenance=false"];
  const name = newRepository();
  const env = { SOURCE_DATE_EPOCH: "86400" };
  for (const tag of ["one", "two"]) {
    const { code } = await user.slipway(["build", "-t", `${name}:${tag}`, ...args, context], { env });
    expect(code).toBe(0);
  }
  const [one, two] = [await manifestOf(name, "one"), await manifestOf(name, "two")];
  expect(one).toEqual(two);
  const layer = await blobOf(name, one.layers!.at(-1)!.digest);
  const { stdout } = await must("tar", ["-tvz", "--utc", "--full-time"], { input: layer });
  expect(stdout).toContain("1970-01-02 00:00:00");
});
