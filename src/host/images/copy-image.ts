import type { Descriptor } from "../../image/oci-index.js";
import { forEachLimit } from "../../util/for-each-limit.js";
import { type ImageSource, invalidImage, parseObject } from "./image-source.js";
import type { ImageTarget } from "./image-target.js";
import { descriptorsIn, isIndex, isManifest, maxDepth } from "./inspect-image.js";

/** How many blobs of a manifest are copied at the same time. */
const parallelBlobs = 4;

/** Manifests that are copied with their subject: attestations and signatures. */
const keptTypes = [
  "application/vnd.docker.attestation.manifest.v1+json",
  "application/vnd.dev.cosign.artifact.sig.v1+json",
  "application/vnd.dev.sigstore.bundle.v0.3+json",
];

/** Copies images into one target, each part once, with the attestations and signatures that refer to them. */
export class ImageCopies {
  readonly #target: ImageTarget;
  readonly #done = new Map<string, Promise<void>>();

  constructor(target: ImageTarget) {
    this.#target = target;
  }

  /** Copies a manifest or index with all that it refers to. */
  async copy(descriptor: Descriptor, source: ImageSource): Promise<void> {
    if (!this.#target.isPlaceOf(source)) await this.#copy(descriptor, source, { depth: 0 });
  }

  /** @param subject digest of the manifest in whose list of referrers it is */
  async #copy(
    descriptor: Descriptor,
    source: ImageSource,
    { depth, subject }: { depth: number; subject?: string },
  ): Promise<void> {
    if (depth > maxDepth) throw invalidImage("the index", "indexes are nested too deeply");
    await this.#once(descriptor.digest, async () => {
      const { digest, mediaType } = descriptor;
      const bytes = await source.manifest(digest);
      const manifest = parseObject(bytes, digest);
      if (isIndex(mediaType)) {
        for (const child of descriptorsIn(manifest, "manifests"))
          await this.#copy(child, source, { depth: depth + 1 });
      } else if (isManifest(mediaType)) {
        const parts = [...descriptorsIn({ config: [manifest.config] }, "config"), ...layersOf(manifest)];
        await forEachLimit(parts, parallelBlobs, (part) =>
          this.#once(part.digest, () => this.#target.putBlob(part, source)),
        );
      } else throw invalidImage(digest, `its media type is ${JSON.stringify(mediaType)}`);
      if (subject === undefined) await this.#target.putManifest(descriptor, bytes);
      else await this.#target.putReferrer(subject, descriptor, bytes);
      for (const referrer of await source.referrers(digest))
        if (keptTypes.includes(String(referrer.artifactType)))
          await this.#copy(referrer, source, { depth, subject: digest });
    });
  }

  #once(digest: string, work: () => Promise<void>): Promise<void> {
    const known = this.#done.get(digest) ?? work();
    this.#done.set(digest, known);
    return known;
  }
}

/** Layers without those that stay where they are, such as those of Windows. */
function layersOf(manifest: Record<string, unknown>): Descriptor[] {
  return descriptorsIn(manifest, "layers").filter(
    ({ mediaType, urls }) => !(/nondistributable|foreign/.test(mediaType) && Array.isArray(urls)),
  );
}
