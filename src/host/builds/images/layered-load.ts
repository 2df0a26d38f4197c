import type { Readable } from "node:stream";
import { blobPath, type Descriptor, layoutFiles, named } from "../../../image/oci-index.js";
import { settlesWithin } from "../../../util/settles-within.js";
import { descriptorIn, type ExporterResponse, namesIn } from "../exporter-response.js";
import { chainIds, type LayerKnowledge } from "./layer-knowledge.js";
import { type ArchiveReader, LayeredArchive } from "./layered-archive.js";
import type { UsedImageStore } from "./open-store.js";

/** How long to wait for the configuration of an image after its layers, in milliseconds. */
const configTimeoutMs = 3_000;

/** What a {@link LayeredLoad} works with. */
export interface LayeredLoadOptions {
  readonly store: UsedImageStore & { oci: boolean };
  readonly knowledge: LayerKnowledge;
  /** Reads an archive to its end; resolves when the image is in the store. */
  load(archive: Readable): Promise<void>;
  /** Aborts when the build is cancelled. */
  readonly signal: AbortSignal;
}

/** The load of one image into a store that reports which layers it has. */
export class LayeredLoad implements ArchiveReader {
  /** Where BuildKit writes the image. */
  readonly archive = new LayeredArchive(this);
  /** Why the layers could not be looked up; BuildKit's own error says only that it could not write. */
  failure: unknown;
  readonly #options: LayeredLoadOptions;
  readonly #config: Promise<string[]>;
  #foundConfig!: (diffIds: string[]) => void;
  #loaded: Promise<void> | undefined;
  #found: Promise<{ diffIds: string[]; present: Set<string> }> | undefined;

  constructor(options: LayeredLoadOptions) {
    this.#options = options;
    this.#config = new Promise((resolve) => {
      this.#foundConfig = resolve;
    });
  }

  onOpen(archive: Readable): void {
    this.#loaded = this.#options.load(archive);
    // finish() throws its error. Failing here stops BuildKit from sending the rest.
    this.#loaded.catch((error) => archive.destroy(error));
  }

  onDocument(bytes: Buffer): void {
    const diffIds = parse<{ rootfs?: { diff_ids?: string[] } }>(bytes)?.rootfs?.diff_ids;
    if (diffIds) this.#foundConfig(diffIds);
  }

  async isNeeded(digest: string): Promise<boolean> {
    if (!this.#options.store.oci) return !(await this.#isInChain(digest));
    const layers = await this.#find([{ digest }]);
    return layers.length === 0;
  }

  /** Completes the archive from the exporter's response, and waits until the image is in the store. */
  async finish(response: ExporterResponse): Promise<void> {
    const descriptor = descriptorIn(response);
    // A BuildKit that cannot write to a content store has sent an archive instead.
    if (!this.#loaded || !descriptor) return;
    const names = namesIn(response);
    const manifest = this.#manifest(descriptor);
    const files = {
      ...layoutFiles(names.length > 0 ? names.map((name) => named(descriptor, { name })) : [descriptor]),
      ...(!this.#options.store.oci &&
        manifest && { "manifest.json": JSON.stringify([dockerManifest(manifest, names)]) }),
    };
    // When the load has failed, its error is the cause.
    await this.archive.end(files).catch(async (error) => {
      await this.#loaded;
      throw error;
    });
    await this.#loaded;
  }

  /**
   * Whether a store that identifies layers by chain ID has this one, which depends on the layers below it. False when
   * it is unknown or occurs twice.
   */
  async #isInChain(digest: string): Promise<boolean> {
    const diffId = this.#options.knowledge.diffId(digest);
    if (!diffId) return false;
    const { diffIds, present } = await this.#chain();
    const at = diffIds.indexOf(diffId);
    return at >= 0 && at === diffIds.lastIndexOf(diffId) && present.has(chainIds(diffIds)[at]!);
  }

  /** The layers of the image, and the chain IDs that the store has; looked up once. */
  #chain(): Promise<{ diffIds: string[]; present: Set<string> }> {
    this.#found ??= (async () => {
      const isKnown = await settlesWithin(configTimeoutMs, this.#config);
      const diffIds = isKnown ? await this.#config : [];
      const layers = await this.#find(chainIds(diffIds).map((chainId) => ({ chainId })));
      return { diffIds, present: new Set(layers.map(({ chainId }) => chainId)) };
    })();
    return this.#found;
  }

  async #find(layers: { digest?: string; chainId?: string }[]) {
    if (layers.length === 0) return [];
    const { store, signal } = this.#options;
    try {
      return (await store.plugin.imageStore.findLayers({ store: store.ref, layers }, { signal })).layers;
    } catch (cause) {
      this.failure ??= cause;
      throw cause;
    }
  }

  /** The manifest of an image for one platform. */
  #manifest({ digest }: Descriptor): Manifest | undefined {
    const document = this.archive.document(digest);
    const manifest = document && parse<Partial<Manifest>>(document);
    if (!manifest?.config || !manifest.layers) return undefined;
    const config = this.archive.document(manifest.config.digest);
    const diffIds = config && parse<{ rootfs?: { diff_ids?: string[] } }>(config)?.rootfs?.diff_ids;
    const layers = manifest.layers.map((layer) => layer.digest);
    if (diffIds) this.#options.knowledge.learn(layers, diffIds);
    return manifest as Manifest;
  }
}

interface Manifest {
  config: Descriptor;
  layers: Descriptor[];
}

/** The manifest of `docker save`. */
function dockerManifest({ config, layers }: Manifest, names: string[]) {
  const path = ({ digest }: Descriptor) => blobPath(digest);
  return { Config: path(config), RepoTags: names, Layers: layers.map(path) };
}

function parse<T>(bytes: Buffer): T | undefined {
  try {
    return JSON.parse(bytes.toString()) as T;
  } catch {
    return undefined;
  }
}
