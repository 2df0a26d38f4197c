import type { Readable } from "node:stream";
import type { ImageStoreTarget } from "../../../gen/slipway/build/v1/output_pb.js";
import { capabilityIds, hasCapability } from "../../../plugin-protocol/capabilities.js";
import type { EventLog } from "../event-log.js";
import type { ExporterResponse } from "../exporter-response.js";
import { hostStep } from "../host-step.js";
import type { Layouts } from "../layouts.js";
import type { Export } from "../spec/exports.js";
import { unsupported } from "../spec/features.js";
import { type ImageDigests, imageIdIn } from "./image-id.js";
import type { LayerKnowledge } from "./layer-knowledge.js";
import { LayeredLoad } from "./layered-load.js";
import { loadImage } from "./load-image.js";
import { type ImageStoreUser, openImageStore, type UsedImageStore } from "./open-store.js";

/** What {@link ImageLoads} works with. */
export interface ImageLoadsOptions {
  readonly stores: ImageStoreUser;
  readonly events: EventLog;
  readonly layers: LayerKnowledge;
  /** Aborts when the build is cancelled. */
  readonly signal: AbortSignal;
}

/** The properties of an image that only a store with OCI layouts supports. */
export interface LoadedImage {
  readonly platforms: readonly string[];
  /** Types of the requested attestations. */
  readonly attestations: readonly string[];
}

interface OpenStore extends UsedImageStore {
  /** It supports OCI layouts: several platforms, attestations. */
  readonly oci: boolean;
  /** Name for people. */
  readonly description: string;
}

/** The loads of one build into image stores of plugins. Owns the uses of the plugins. */
export class ImageLoads {
  readonly #options: ImageLoadsOptions;
  /** By output. */
  readonly #stores = new Map<number, OpenStore>();
  #layered: LayeredLoad | undefined;
  #failure: unknown;

  constructor(options: ImageLoadsOptions) {
    this.#options = options;
  }

  /** Why the last load failed; BuildKit's own error only repeats it without its type. */
  get failure(): unknown {
    return this.#layered?.failure ?? this.#failure;
  }

  /**
   * Opens the store of each export that is loaded, and returns the exports in the formats of their stores. Throws
   * FEATURE_UNSUPPORTED when a store cannot hold the image.
   */
  async open(exports: readonly Export[], image: LoadedImage): Promise<readonly Export[]> {
    const adapted: Export[] = [];
    for (const output of exports) adapted.push(await this.#adapt(output, image));
    return adapted;
  }

  /**
   * Returns the exports such that one load sends only the layers that its store lacks. Other loads send complete
   * archives, since BuildKit writes only one export of a build to a content store.
   */
  layer(exports: readonly Export[], layouts: Layouts): readonly Export[] {
    const index = exports.findIndex(({ output }) => {
      const store = this.#stores.get(output);
      return store && hasCapability(store.plugin.descriptor, capabilityIds.imageStoreLayers);
    });
    const output = exports[index];
    const store = output && this.#stores.get(output.output);
    if (!store) return exports;
    const { layers: knowledge, signal } = this.#options;
    // A build that is planned again has its load already.
    if (!this.#layered) {
      const send = (archive: Readable) => this.load(archive, output);
      const load = new LayeredLoad({ store, knowledge, load: send, signal });
      if (!layouts.addExport(load.archive)) return exports;
      this.#layered = load;
    }
    return exports.with(index, { ...output, attributes: { ...output.attributes, tar: "false" } });
  }

  /** Streams an archive into the store of its export, with progress. */
  async load(archive: Readable, { output }: Export): Promise<void> {
    const { events, signal } = this.#options;
    const store = this.#stores.get(output);
    if (!store) throw new Error(`Output ${output} has no image store.`);
    try {
      await hostStep(events, `importing to ${store.ref.driver}`, (report) =>
        loadImage(store.plugin, store.ref, archive, report, signal),
      );
    } catch (cause) {
      this.#failure = cause;
      throw cause;
    }
  }

  /** Completes the load that {@link layer} prepared, if BuildKit used it. */
  async finish(response: ExporterResponse): Promise<void> {
    await this.#layered?.finish(response);
  }

  /** The id of the image in the first store that it was loaded into; undefined when it was loaded into none. */
  async imageId(digests: ImageDigests): Promise<string | undefined> {
    const [store] = this.#stores.values();
    return store && imageIdIn(store, digests, this.#options.signal);
  }

  /** Releases the plugins. */
  close(): void {
    for (const { plugin } of this.#stores.values()) plugin.release();
    this.#stores.clear();
  }

  async #adapt(output: Export, image: LoadedImage): Promise<Export> {
    if (output.destination.kind !== "image-store") return output;
    const store =
      this.#stores.get(output.output) ?? (await this.#open(output.destination.target, output.output));
    this.#stores.set(output.output, store);
    if (store.oci) return { ...output, type: "oci" };
    requireSingleManifest(store.description, image);
    return output;
  }

  async #open(target: ImageStoreTarget | undefined, output: number): Promise<OpenStore> {
    // The default output is no field of the request.
    const field = output < 0 ? "spec.outputs" : `spec.outputs[${output}]`;
    const { plugin, ref } = await openImageStore(this.#options.stores, target, field);
    try {
      const { oci, description } = await plugin.imageStore.getImageStore({ store: ref });
      return { plugin, ref, oci, description: description || `the image store of ${ref.driver}` };
    } catch (cause) {
      plugin.release();
      throw cause;
    }
  }
}

/** Throws when the image has more than one manifest, which a store without OCI layouts cannot hold. */
function requireSingleManifest(store: string, { platforms, attestations }: LoadedImage): void {
  const refuse = (field: string, what: string, remedy: string) => {
    const message = `${what} cannot be loaded into ${store}.`;
    return unsupported(field, message, `Turn on the engine's containerd image store, or ${remedy}.`);
  };
  if (platforms.length > 1)
    throw refuse("spec.platforms", "An image for several platforms", "build one platform");
  const [attested] = attestations;
  if (attested)
    throw refuse(`spec.attestations[${attested}]`, "An image with attestations", `leave out ${attested}`);
}
