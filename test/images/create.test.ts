import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { ImageService } from "../../src/gen/slipway/v1/image_pb.js";
import { startTeam } from "../access/harness.js";
import { slipwayOf } from "../cli/slipway.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, tempDir } from "../lab/index.js";
import { newName, pushImage } from "./pushed-image.js";

const create = ["imagetools", "create"];
const repositoryOf = (image: string) => image.replace(/:1$/, "");

interface Manifest {
  digest: string;
  size: number;
  mediaType: string;
}

/** A host, and an image with manifests for linux/amd64 and linux/arm/v6. */
async function setUp() {
  const host = await startHost();
  const slipway = slipwayOf(host);
  const pushed = await pushImage();
  const raw = await pushed.buildx("imagetools", "inspect", "--raw", pushed.image);
  const { manifests } = JSON.parse(raw) as { manifests: Manifest[] };
  /** The output of a call that succeeds. */
  const ours = async (...args: string[]) => {
    const { code, stdout, stderr } = await slipway(args);
    expect(code, stderr).toBe(0);
    return stdout;
  };
  return { ...pushed, host, manifests, ours, slipway };
}

describe("imagetools create", () => {
  test("makes the same image as buildx, byte for byte", async () => {
    const { image, layout, buildx, manifests, ours } = await setUp();
    const folder = await tempDir();
    const [amd64, arm] = manifests.map(({ digest }) => `${repositoryOf(image)}@${digest}`);
    const other = newName("create");
    await buildx(...create, "--tag", other, amd64!);
    const descriptor = join(folder, "descriptor.json");
    const platform = { architecture: "arm64", os: "linux", "os.features": ["x"] };
    const { digest, size } = manifests[1]!;
    const annotations = { b: "<1>", a: "2" };
    await writeFile(descriptor, JSON.stringify({ digest, size, annotations, platform }));
    const notes = [
      "--annotation",
      "index:k=<v> & 1",
      "--annotation",
      "manifest-descriptor[linux/arm/v6]:z=1",
      "--annotation",
      "manifest-descriptor:all=x",
    ];
    const calls = [
      [image],
      [amd64!],
      [amd64!, arm!],
      ["--prefer-index=false", amd64!],
      ["--prefer-index=false", "--platform", "amd64", amd64!],
      [...notes, amd64!, arm!],
      [...notes, image],
      ["--platform", "linux/arm/v6", image],
      ["--platform", "linux/amd64,linux/arm/v6", image],
      ["--tag", image, digest],
      ["--file", descriptor, amd64!],
      ["--append", "--tag", other, arm!],
      [`oci-layout://${layout}:2`, amd64!],
    ];
    for (const args of calls) {
      const command = [...create, "--dry-run", ...args];
      expect(await ours(...command), args.join(" ")).toBe(await buildx(...command));
    }
  });

  test("copies an image with its attestations to another repository and to a layout, where buildx reads it", async () => {
    const { host, image, buildx, manifests, ours, slipway } = await setUp();
    const folder = await tempDir();
    const metadata = join(folder, "metadata.json");
    const target = newName("create");
    const layout = `oci-layout://${join(folder, "layout")}:new`;
    const plain = await slipway([
      ...create,
      ...["--tag", target, "--tag", layout, "--metadata-file", metadata, "--progress", "plain", image],
    ]);
    expect(plain.code, plain.stderr).toBe(0);
    expect(plain.stderr).toContain(`[internal] pushing ${repositoryOf(target)}`);
    const theirs = join(folder, "theirs.json");
    await buildx(...create, "--tag", target, "--metadata-file", theirs, image);
    const written = JSON.parse(await readFile(metadata, "utf8"));
    const names = [repositoryOf(target), join(folder, "layout")].sort().join(",");
    expect(written).toEqual({ ...JSON.parse(await readFile(theirs, "utf8")), "image.name": names });
    const provenance = (name: string) =>
      buildx("imagetools", "inspect", name, "--format", "{{json .Provenance}} {{json .Image}}");
    const expected = await provenance(image);
    expect(await provenance(target)).toBe(expected);
    expect(await provenance(layout)).toBe(expected);

    // Back again, from a layout that Slipway wrote.
    const back = newName("create");
    await ours(...create, "--prefer-index=false", "--platform", "linux/amd64", "--tag", back, layout);
    const kept = JSON.parse(await buildx("imagetools", "inspect", "--raw", back)) as {
      manifests: Manifest[];
    };
    expect(kept.manifests.map(({ digest }) => digest)).toContain(manifests[0]!.digest);
    expect(await provenance(back)).toContain("buildDefinition");

    // A signature refers to its image; the image has no trace of it.
    const subject = manifests[0]!;
    const signature = await pushSignature(repositoryOf(image), subject);
    const signed = newName("create");
    const signedLayout = `oci-layout://${join(folder, "signed")}:1`;
    await ours(...create, "--tag", signedLayout, image);
    await ours(...create, "--tag", signed, signedLayout);
    const listed = await host.images.inspectImage({
      name: `${repositoryOf(signed)}:${subject.digest.replace(":", "-")}`,
    });
    const { manifests: referrers } = JSON.parse(Buffer.from(listed.manifest).toString());
    expect(referrers).toEqual([expect.objectContaining({ digest: signature })]);
    const copied = await host.images.inspectImage({ name: `${repositoryOf(signed)}@${signature}` });
    expect(copied.digest).toBe(signature);
  });

  test("refuses what makes no image, with the reason", async () => {
    const host = await startHost();
    const slipway = slipwayOf(host);
    const image = lab().registry.baseImage;
    const layout = await tempDir();
    const reasonOf = async (request: Parameters<TestHost["images"]["createImage"]>[0]) => {
      try {
        for await (const _ of host.images.createImage(request));
      } catch (cause) {
        return readTypedError(cause).reason;
      }
      return expect.unreachable("The call succeeded.");
    };
    const sources = [{ name: image }];
    const names = [newName("create")];
    expect(await reasonOf({ names })).toBe("IMAGE_SOURCES_MISSING");
    expect(await reasonOf({ sources })).toBe("IMAGE_NAMES_MISSING");
    expect(await reasonOf({ sources, names: ["UPPER"] })).toBe("IMAGE_NAME_INVALID");
    expect(await reasonOf({ sources: [{ name: newName("none") }], names })).toBe("REGISTRY_NOT_FOUND");
    expect(await reasonOf({ sources: [{ name: `oci-layout://${layout}:9` }], names })).toBe(
      "OCI_LAYOUT_INVALID",
    );
    expect(await reasonOf({ sources, names, platforms: ["linux/s390x"] })).toBe("IMAGE_PLATFORM_MISSING");
    expect(await reasonOf({ sources, names, platforms: ["x/y"] })).toBe("PLATFORM_UNKNOWN");
    expect(await reasonOf({ sources, names, annotations: { a: "b" } })).toBe("ANNOTATION_INVALID");
    const wrong = `${names[0]!.replace(/:1$/, "")}@sha256:${"0".repeat(64)}`;
    expect(await reasonOf({ sources, names: [wrong] })).toBe("IMAGE_DIGEST_DIFFERS");
    for (const descriptor of [
      "x",
      '"x"',
      '{"schemaVersion":2}',
      "{}",
      `{"digest":"sha256:${"0".repeat(64)}"}`,
    ])
      expect(
        await reasonOf({ sources: [{ name: image, descriptorJson: Buffer.from(descriptor) }], names }),
        descriptor,
      ).toBe("IMAGE_SOURCE_INVALID");
    const none = await slipway([...create, "--tag", names[0]!]);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("no sources specified")]);
    const unnamed = await slipway([...create, image]);
    expect(unnamed.stderr).toContain("can't push with no tags specified, please set --tag or --dry-run");
  });

  test("does not reach the host's files or machine for clients on TCP", async () => {
    const { clients } = await startTeam();
    const reasonOf = async (source: string, target: string) => {
      const images = createClient(ImageService, clients.ann.http2);
      const request = { sources: [{ name: source }], names: [target] };
      try {
        for await (const _ of images.createImage(request));
      } catch (cause) {
        return readTypedError(cause).reason;
      }
      return expect.unreachable("The call succeeded.");
    };
    const layout = "oci-layout:///layout:2";
    const image = newName("create");
    expect(await reasonOf(layout, image)).toBe("LOCAL_ONLY");
    expect(await reasonOf("alpine", layout)).toBe("LOCAL_ONLY");
    expect(await reasonOf(image, image)).toBe("REGISTRY_REFUSED");
  });
});

/** Pushes a signature of a manifest, as cosign does to a registry without a list of referrers. Returns its digest. */
async function pushSignature(repository: string, { digest, size, mediaType }: Manifest): Promise<string> {
  const base = `http://${lab().registry.host}/v2/${repository.slice(repository.indexOf("/") + 1)}`;
  const put = async (path: string, content: string, type: string) => {
    const answer = await fetch(`${base}/manifests/${path}`, {
      method: "PUT",
      headers: { "content-type": type },
      body: content,
    });
    expect(answer.status).toBe(201);
  };
  const blob = Buffer.from("{}");
  const started = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
  const location = new URL(started.headers.get("location")!, base);
  location.searchParams.set("digest", digestOf(blob));
  expect((await fetch(location, { method: "PUT", body: blob })).status).toBe(201);
  const artifactType = "application/vnd.dev.cosign.artifact.sig.v1+json";
  const content = {
    mediaType: "application/vnd.oci.empty.v1+json",
    digest: digestOf(blob),
    size: blob.length,
  };
  const imageType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: imageType,
    artifactType,
    config: content,
    layers: [content],
    subject: { mediaType, digest, size },
  });
  const signature = digestOf(Buffer.from(manifest));
  await put(signature, manifest, imageType);
  const entry = { mediaType: imageType, digest: signature, size: manifest.length, artifactType };
  const indexType = "application/vnd.oci.image.index.v1+json";
  const index = { schemaVersion: 2, mediaType: indexType, manifests: [entry] };
  await put(digest.replace(":", "-"), JSON.stringify(index), indexType);
  return signature;
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
