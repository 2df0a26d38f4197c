import type { Readable } from "node:stream";
import type { CredentialProvider } from "../../config/credential.js";
import type { BuildSpec, ImageStoreTarget } from "../../gen/slipway/v1/build_spec_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { firstCredential } from "../nodes/image-credentials.js";
import type { DriverLease, PluginManager } from "../plugins/plugin-manager.js";
import type { EventLog } from "./event-log.js";
import { hostStep } from "./host-step.js";
import type { Layouts } from "./layouts.js";
import { loadImage } from "./load-image.js";
import type { LayerKnowledge } from "./loading/layer-knowledge.js";
import { LayeredLoad } from "./loading/layered-load.js";
import { type ImageStoreLease, openImageStore } from "./open-store.js";
import { attestationsWanted } from "./spec/attestations.js";
import type { Export } from "./spec/exports.js";
import { unsupported } from "./spec/features.js";

interface OpenStore extends ImageStoreLease {
  /** It takes OCI layouts: several platforms, attestations. */
  oci: boolean;
  /** Name for people. */
  description: string;
}

/** What the image stores of a build work with. */
export interface ImageStoresOptions {
  plugins: PluginManager;
  spec: BuildSpec;
  events: EventLog;
  layers: LayerKnowledge;
  credentials: readonly CredentialProvider[];
}

/** The image stores of plugins, as far as one build loads into them or pushes from them. */
export class ImageStores {
  readonly #credentials: readonly CredentialProvider[];
  readonly #plugins: PluginManager;
  readonly #spec: BuildSpec;
  readonly #events: EventLog;
  readonly #open = new Map<Export, OpenStore>();
  readonly #leases: DriverLease[] = [];
  readonly #knowledge: LayerKnowledge;
  #layered: LayeredLoad | undefined;
  #failure: unknown;

  constructor({ plugins, spec, events, layers, credentials }: ImageStoresOptions) {
    this.#plugins = plugins;
    this.#spec = spec;
    this.#events = events;
    this.#knowledge = layers;
    this.#credentials = credentials;
  }

  /** Why the last load failed; BuildKit's own error only repeats it without its type. */
  get failure(): unknown {
    return this.#layered?.failure ?? this.#failure;
  }

  /** Asks the stores of all exports that are loaded what they take, and phrases the exports accordingly. */
  async check(exports: Export[], platforms: string[]): Promise<void> {
    for (const output of exports) {
      if (output.destination.kind !== "image-store") continue;
      const store = await this.#openStore(output.destination.target);
      if (store.oci) output.type = "oci";
      else this.#requireSingle(store.description, platforms);
      this.#open.set(output, store);
    }
  }

  /** Phrases one load so that layers which its store has are not sent; the others send whole archives. */
  layer(exports: Export[], layouts: Layouts, signal: AbortSignal): void {
    for (const output of exports) {
      const store = this.#open.get(output);
      if (!store || !hasCapability(store.lease.descriptor, capabilityIds.imageStoreLayers)) continue;
      const load = new LayeredLoad(store, this.#knowledge, (archive) => this.load(archive, output, signal));
      if (!layouts.addExport(load.archive)) return;
      output.attributes.tar = "false";
      this.#layered = load;
      return;
    }
  }

  /** Ends the load that {@link layer} began, if BuildKit made use of it. */
  async finish(response: Record<string, string>): Promise<void> {
    await this.#layered?.finish(response);
  }

  /** Throws when the build makes more than one manifest, which is all that a store without OCI layouts takes. */
  #requireSingle(store: string, platforms: string[]): void {
    const refuse = (field: string, what: string, remedy: string) => {
      const message = `${what} cannot be loaded into ${store}`;
      return unsupported(field, message, `turn on the engine's containerd image store, or ${remedy}`);
    };
    if (platforms.length > 1)
      throw refuse("spec.platforms", "an image for several platforms", "build one platform");
    const attested = attestationsWanted(this.#spec)[0];
    if (attested)
      throw refuse(`spec.attestations[${attested}]`, "an image with attestations", `leave out ${attested}`);
  }

  /** Streams an archive into the store of its export, with progress. */
  async load(archive: Readable, output: Export, signal: AbortSignal): Promise<void> {
    const store = this.#open.get(output);
    if (!store) throw new Error(`output ${output.output} has no image store`);
    try {
      await hostStep(this.#events, `importing to ${store.ref.driver}`, (report) =>
        loadImage(store.lease, store.ref, archive, report, signal),
      );
    } catch (cause) {
      this.#failure = cause;
      throw cause;
    }
  }

  /** Pushes images of the store that shares a node's endpoint, one after the other; returns the digest that the first has in its registry. */
  async push(
    names: string[],
    driver: string,
    endpoint: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (names.length === 0) return undefined;
    let pushed: string | undefined;
    const { lease, ref } = await this.#openStore({ driver, endpoint });
    for (const name of names) {
      const credential = await this.#credential(name, signal);
      await hostStep(this.#events, `pushing ${name}`, async (report) => {
        for await (const { progress, digest } of lease.imageStore.pushImage(
          { store: ref, name, credential },
          { signal },
        )) {
          if (progress) report(progress);
          pushed ||= digest;
        }
      });
    }
    return pushed;
  }

  /** Releases the plugins. */
  close(): void {
    for (const lease of this.#leases.splice(0)) lease.release();
  }

  async #openStore(target: Pick<ImageStoreTarget, "driver" | "endpoint"> | undefined): Promise<OpenStore> {
    const { lease, ref } = await openImageStore(this.#plugins, this.#spec.environment, target);
    this.#leases.push(lease);
    const { oci, description } = await lease.imageStore.getImageStore({ store: ref });
    return { lease, ref, oci, description: description || `the image store of ${ref.driver}` };
  }

  async #credential(name: string, signal: AbortSignal) {
    const [first = "", ...rest] = name.split("/");
    const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
    const registry = isHost ? first : "registry-1.docker.io";
    const found = await firstCredential(this.#credentials, registry, signal);
    return found && { username: found.username, secret: found.secret };
  }
}
