import { BlobStore } from "../../buildkit/content/blob-store.js";
import { invalidField } from "../../errors/typed-error.js";
import { type Descriptor, putInLayout } from "../../image/oci-index.js";
import type { ImageName } from "./image-name.js";
import { type ImageCaller, type ImageSource, registryClient, subjectKey } from "./image-source.js";

/** Where an image is written: a repository or an OCI layout. */
export interface ImageTarget {
  /** Whether all content of a source is there. */
  isPlaceOf(source: ImageSource): boolean;
  putBlob(descriptor: Descriptor, source: ImageSource): Promise<void>;
  /** Writes a manifest whose content is there. */
  putManifest(descriptor: Descriptor, bytes: Uint8Array): Promise<void>;
  /** Writes a manifest that names another one as its subject. */
  putReferrer(subject: string, descriptor: Descriptor, bytes: Uint8Array): Promise<void>;
  /** Gives a manifest a name. */
  putName(name: ImageName, descriptor: Descriptor, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** The place of a name, without tag and digest; the same for all names of one {@link ImageTarget}. */
export function placeOf(name: ImageName): string {
  return name.kind === "layout" ? name.path : `${name.domain}/${name.repository}`;
}

/** Opens the place of a name. */
export async function openImageTarget(
  name: ImageName,
  caller: ImageCaller,
  signal: AbortSignal,
): Promise<ImageTarget> {
  if (name.kind === "layout") return new LayoutTarget(name.path, await BlobStore.writable(name.path), signal);
  const { domain, repository } = name;
  const client = await registryClient(domain, caller);
  return {
    isPlaceOf: (source) => placeOf(source.name) === placeOf(name),
    async putBlob({ digest, size }, source) {
      if (await client.hasBlob(repository, digest, signal)) return;
      const origin = source.name;
      const from = origin.kind === "registry" && origin.domain === domain ? origin.repository : undefined;
      const body = { size, open: () => source.openBlob(digest) };
      await client.putBlob(repository, digest, body, signal, { from });
    },
    putManifest: ({ digest, mediaType }, bytes) =>
      client.putManifest(repository, digest, { mediaType, bytes }, signal),
    putReferrer: (subject, descriptor, bytes) =>
      client.putReferrer(repository, subject, descriptor, bytes, signal),
    async putName(given, { digest, mediaType }, bytes) {
      if (given.kind !== "registry") return;
      const reference = given.reference.includes(":") ? digest : given.reference;
      await client.putManifest(repository, reference, { mediaType, bytes }, signal);
    },
    close: async () => undefined,
  };
}

class LayoutTarget implements ImageTarget {
  readonly #path: string;
  readonly #store: BlobStore;
  readonly #signal: AbortSignal;

  constructor(path: string, store: BlobStore, signal: AbortSignal) {
    this.#path = path;
    this.#store = store;
    this.#signal = signal;
  }

  isPlaceOf(source: ImageSource): boolean {
    return source.name.kind === "layout" && source.name.path === this.#path;
  }

  async putBlob({ digest, size }: Descriptor, source: ImageSource): Promise<void> {
    await this.#store.putStream(digest, size, source.openBlob(digest), this.#signal);
  }

  async putManifest({ digest }: Descriptor, bytes: Uint8Array): Promise<void> {
    await this.#store.put(digest, bytes);
  }

  async putReferrer(subject: string, descriptor: Descriptor, bytes: Uint8Array): Promise<void> {
    await this.putManifest(descriptor, bytes);
    const annotations = { ...descriptor.annotations, [subjectKey]: subject };
    await putInLayout(this.#path, { ...descriptor, annotations }, []);
  }

  async putName(name: ImageName, descriptor: Descriptor, bytes: Uint8Array): Promise<void> {
    await this.putManifest(descriptor, bytes);
    if (name.kind !== "layout") return;
    const { tag = "latest", digest } = name;
    await putInLayout(this.#path, descriptor, digest === undefined ? [{ tag }] : []);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** Refuses a name with a digest that is not that of the new image: INVALID_ARGUMENT, reason IMAGE_DIGEST_DIFFERS. */
export function requireDigest(field: string, name: ImageName, digest: string): void {
  const given = name.kind === "layout" ? name.digest : name.reference.includes(":") ? name.reference : digest;
  if (given === undefined || given === digest) return;
  const message = `The name ${name.full} has a digest, but the new image has ${digest}.`;
  throw invalidField(field, "IMAGE_DIGEST_DIFFERS", message, "Name the image by a tag.");
}
