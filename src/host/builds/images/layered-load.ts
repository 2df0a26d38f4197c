import type { Readable } from "node:stream";
import { blobPath, type Descriptor, layoutFiles, named } from "../../../image/oci-index.js";
import { settlesWithin } from "../../../util/settles-within.js";
import { descriptorIn, type ExporterResponse, namesIn } from "../exporter-response.js";
import { chainIds, type LayerKnowledge } from "./layer-knowledge.js";
import { type ArchiveReader, LayeredArchive } from "./layered-archive.js";
import type { ImageStoreLease } from "./open-store.js";

/** How long to wait for the configuration of an image after its layers, in milliseconds. */
const configTimeoutMs = 3_000;

/** The load of one image into a store that reports which layers it has. */
export class LayeredLoad implements ArchiveReader {
  /** Where BuildKit writes the image. */
  readonly archive = new LayeredArchive(this);
  /** Why the layers could not be looked up; BuildKit's own error says only that it could not write. */
  failure: unknown;
  readonly #store: ImageStoreLease & { oci: boolean };
  readonly #knowledge: LayerKnowledge;
  readonly #load: (archive: Readable) => Promise<void>;
  readonly #config: Promise<string[]>;
  #foundConfig!: (diffIds: string[]) => void;
  #loaded: Promise<void> | undefined;
  #found: Promise<{ diffIds: string[]; present: Set<string> }> | undefined;

  /** @param load reads an archive to its end, and resolves when the image is in the store */
  constructor(
    store: ImageStoreLease & { oci: boolean },
    knowledge: LayerKnowledge,
    load: (archive: Readable) => Promise<void>,
  ) {
    this.#store = store;
    this.#knowledge = knowledge;
    this.#load = load;
    this.#config = new Promise((resolve) => {
      this.#foundConfig = resolve;
    });
  }

  onOpen(archive: Readable): void {
    this.#loaded = this.#load(archive);
    // finish() throws its error. Here it stops BuildKit, which would write on in vain.
    this.#loaded.catch((error) => archive.destroy(error));
  }

  onDocument(bytes: Buffer): void {
    const diffIds = parse<{ rootfs?: { diff_ids?: string[] } }>(bytes)?.rootfs?.diff_ids;
    if (diffIds) this.#foundConfig(diffIds);
  }

  async isNeeded(digest: string): Promise<boolean> {
    if (!this.#store.oci) return !(await this.#isInChain(digest));
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
      ...(!this.#store.oci &&
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
    const diffId = this.#knowledge.diffId(digest);
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
    try {
      return (await this.#store.lease.imageStore.findLayers({ store: this.#store.ref, layers })).layers;
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
    if (diffIds) this.#knowledge.learn(layers, diffIds);
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
