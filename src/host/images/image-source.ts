import { buffer } from "node:stream/consumers";
import { Code } from "@connectrpc/connect";
import { BlobStore } from "../../buildkit/content/blob-store.js";
import type { CredentialProvider } from "../../config/credential.js";
import { typedError } from "../../errors/typed-error.js";
import { checkDigest, checkedBytes } from "../../image/digest.js";
import { isDescriptor } from "../../image/documents.js";
import { layoutImage } from "../../image/layout-image.js";
import { indexTypes, manifestTypes } from "../../image/media-types.js";
import { type Descriptor, entriesOfLayout } from "../../image/oci-index.js";
import { RegistryClient, type StoredManifest } from "../../registry/client.js";
import { ownAddressFault } from "../base/own-machine.js";
import { refusedTokenServers } from "../builds/logins/token-servers.js";
import type { ImageName } from "./image-name.js";

/** Largest manifest, configuration or statement to read, in bytes. */
const maxBytes = 16 << 20;

/** Who reads or writes images. */
export interface ImageCaller {
  /** It is on the host's own machine. */
  isLocal: boolean;
  credentials: readonly CredentialProvider[];
}

/** Where the parts of an image are read; manifests and small blobs are checked against their digests. */
export interface ImageSource {
  readonly name: ImageName;
  /** The manifest or index that the name stands for. */
  named(): Promise<StoredManifest>;
  manifest(digest: string): Promise<Uint8Array>;
  blob(digest: string): Promise<Uint8Array>;
  /** Opens a blob of any size; fails at its end if it does not have its digest. */
  openBlob(digest: string): AsyncIterable<Uint8Array>;
  /** The manifests that name a manifest as their subject. */
  referrers(digest: string): Promise<Descriptor[]>;
  close(): Promise<void>;
}

/** Opens the source of an image. */
export async function openImageSource(
  name: ImageName,
  caller: ImageCaller,
  signal: AbortSignal,
): Promise<ImageSource> {
  if (name.kind === "layout") return new LayoutSource(name);
  const { domain, repository, reference } = name;
  const client = await registryClient(domain, caller);
  return {
    name,
    named: () => client.getManifest(repository, reference, signal),
    manifest: async (digest) => (await client.getManifest(repository, digest, signal)).bytes,
    blob: (digest) => client.getBlob(repository, digest, signal),
    async *openBlob(digest) {
      yield* checkedBytes(await client.openBlob(repository, digest, signal), digest, name.full);
    },
    referrers: (digest) => client.referrers(repository, digest, signal),
    close: async () => undefined,
  };
}

/** A client for a registry, which clients on other machines may not have on the host's own. */
export async function registryClient(
  domain: string,
  { isLocal, credentials }: ImageCaller,
): Promise<RegistryClient> {
  return new RegistryClient({
    domain,
    insecure: false,
    refuse: isLocal ? undefined : ownAddressFault,
    refuseTokenServer: await refusedTokenServers(domain, { isLocal, configs: [] }),
    credentials,
  });
}

class LayoutSource implements ImageSource {
  readonly name: ImageName & { kind: "layout" };
  readonly #store: BlobStore;

  constructor(name: ImageName & { kind: "layout" }) {
    this.name = name;
    this.#store = BlobStore.readOnly(name.path);
  }

  async named(): Promise<StoredManifest> {
    const { path, tag, digest } = this.name;
    const found = digest ? { digest, mediaType: undefined } : await layoutImage("name", path, tag);
    const bytes = await this.blob(found.digest);
    return { mediaType: found.mediaType ?? mediaTypeOf(bytes), digest: found.digest, bytes };
  }

  manifest(digest: string): Promise<Uint8Array> {
    return this.blob(digest);
  }

  async blob(digest: string): Promise<Uint8Array> {
    const what = `${digest} in ${this.name.path}`;
    const { size } = await this.#store.info(digest);
    if (size > maxBytes) throw invalidImage(what, `it is larger than ${maxBytes} bytes`);
    const bytes = await buffer(this.#store.read(digest));
    checkDigest(bytes, digest, what);
    return bytes;
  }

  openBlob(digest: string): AsyncIterable<Uint8Array> {
    return checkedBytes(this.#store.read(digest), digest, this.name.full);
  }

  /** Entries of its index with a subject: by their annotation, as buildx writes it, or by their manifest. */
  async referrers(digest: string): Promise<Descriptor[]> {
    const found: Descriptor[] = [];
    for (const entry of await entriesOfLayout(this.name.path)) {
      const annotated = entry.annotations?.[subjectKey];
      if (annotated === undefined && entry.artifactType === undefined) continue;
      const subject = annotated ?? subjectIn(parseObject(await this.blob(entry.digest), entry.digest));
      if (subject === digest) found.push(entry);
    }
    return found;
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** Annotation of an entry of a layout with its subject. */
export const subjectKey = "io.containerd.manifest.subject";

/** Digest of the manifest that another one names as its subject. */
function subjectIn({ subject }: Record<string, unknown>): string | undefined {
  return isDescriptor(subject) ? subject.digest : undefined;
}

/** The media type in a manifest, or that of its form. */
export function mediaTypeOf(bytes: Uint8Array): string {
  const { mediaType, manifests } = parseObject(bytes, "the manifest") as {
    mediaType?: string;
    manifests?: unknown;
  };
  return mediaType ?? (manifests === undefined ? manifestTypes[0] : indexTypes[0]);
}

/** The JSON object in a part of an image: FAILED_PRECONDITION, reason IMAGE_INVALID, if there is none. */
export function parseObject(bytes: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    throw invalidImage(what, "it is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalidImage(what, "it is not a JSON object");
  return value as Record<string, unknown>;
}

/** The error of content that is no image. */
export function invalidImage(what: string, why: string) {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "IMAGE_INVALID",
    message: `Cannot read ${what} as part of an image: ${why}.`,
    remedy: "Push or export the image again.",
  });
}
