import { rm } from "node:fs/promises";
import { BlobStore } from "../../buildkit/content/blob-store.js";
import { content } from "../../buildkit/content/content.js";
import type { ContentStore } from "../../buildkit/content/content-store.js";
import { readDocument } from "../../buildkit/content/read-document.js";
import { removeUnreferenced } from "../../buildkit/content/remove-unreferenced.js";
import type { SessionMethod } from "../../buildkit/session/method.js";
import { invalidField } from "../../errors/typed-error.js";
import type { CacheBackend } from "../../gen/slipway/build/v1/cache_pb.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { layoutImage } from "../../image/layout-image.js";
import { mergeIndexes } from "../../image/merge-indexes.js";
import { type Descriptor, findInLayout, putInLayout } from "../../image/oci-index.js";
import { parseNamedContextSource } from "../../inputs/named-context.js";
import { closeAll } from "../../util/close-all.js";
import { withPeriod } from "../../util/with-period.js";
import { cacheIn, descriptorIn, type ExporterResponse, namesIn } from "./exporter-response.js";
import { isTrue } from "./spec/booleans.js";
import type { CacheImport } from "./spec/caches.js";
import type { Export } from "./spec/exports.js";
import { warning } from "./warning.js";

/** Folders in OCI layout that BuildKit reads or writes for one build: contexts, local caches, unpacked archives. */
export class Layouts {
  readonly #stores = new Map<string, ContentStore>();
  readonly #caches: { dest: string; tag: string; reset: boolean }[] = [];
  readonly #temporary: string[] = [];
  #unpacked: string | undefined;
  #exported: BlobStore | undefined;

  /** Serves a layout as a named context; returns its reference. */
  async addContext(field: string, name: string, url: string): Promise<string> {
    const source = parseNamedContextSource(
      name,
      url.startsWith("oci-layout://") ? url : `oci-layout://${url}`,
    );
    if (source.kind !== "oci-layout")
      throw invalidField(field, "OCI_LAYOUT_INVALID", `${url} is not an OCI layout.`);
    const { path, tag, digest } = source;
    return this.serveContext(name, path, digest ?? (await layoutImage(field, path, tag)).digest);
  }

  /** Serves an image in a folder as a named context; returns its reference. */
  serveContext(name: string, path: string, digest: string): string {
    // The id must be valid as a repository. Different names may lead to the same one.
    const base = name.toLowerCase().replace(/[^a-z0-9]+/g, "-") || "layout";
    const id = this.#stores.has(`oci:${base}`) ? `${base}-${this.#stores.size}` : base;
    this.#stores.set(`oci:${id}`, BlobStore.readOnly(path));
    return `oci-layout://${id}@${digest}`;
  }

  /** Adds a folder that is removed with the build. */
  addTemporary(folder: string): void {
    this.#temporary.push(folder);
  }

  /** Serves local caches to import. An empty one is left out, with a warning. */
  async addCacheImports(
    caches: readonly CacheBackend[],
  ): Promise<{ imports: readonly CacheImport[]; warnings: readonly Diagnostic[] }> {
    const imports: CacheImport[] = [];
    const warnings: Diagnostic[] = [];
    for (const [index, { type, attributes }] of caches.entries()) {
      const field = `spec.cache_from[${index}]`;
      if (type !== "local") {
        imports.push({ field, type, attributes });
        continue;
      }
      const { src = "", tag = "latest", ...rest } = attributes;
      const digest = rest.digest ?? (await findInLayout(src, tag).catch(() => undefined))?.digest;
      if (!digest) {
        warnings.push(warning(field, "CACHE_EMPTY", `There is no build cache in ${src} yet.`));
        continue;
      }
      this.#stores.set(`local:${src}`, BlobStore.readOnly(src));
      imports.push({ field, type, attributes: { ...rest, src, digest } });
    }
    return { imports, warnings };
  }

  /** Opens the folders of local caches that BuildKit exports. */
  async addCacheExports(caches: readonly CacheBackend[]): Promise<void> {
    for (const [index, { type, attributes }] of caches.entries()) {
      if (type !== "local") continue;
      const { dest, tag = "latest", reset } = attributes;
      const field = `spec.cache_to[${index}].attributes[dest]`;
      this.#stores.set(`local:${dest}`, await writableStore(dest!, field));
      this.#caches.push({ dest: dest!, tag, reset: isTrue(reset) });
    }
  }

  /** Opens the folder of an export that is not packed; BuildKit supports one per build. */
  async addUnpacked(exports: readonly Export[]): Promise<void> {
    const unpacked = exports.filter(({ destination }) => destination.kind === "layout");
    for (const { destination, output } of unpacked) {
      if (destination.kind !== "layout") continue;
      if (unpacked.length > 1) {
        throw invalidField(`spec.outputs[${output}]`, "OUTPUT_TWICE", "Only one output can have tar=false.");
      }
      if (this.#unpacked === destination.path) continue;
      this.#exported = await writableStore(destination.path, `spec.outputs[${output}].path`);
      this.#stores.set("export", this.#exported);
      this.#unpacked = destination.path;
    }
  }

  /** Sends the export that is not packed to a store; false when another store already receives it. */
  addExport(store: ContentStore): boolean {
    if (this.#stores.has("export")) return false;
    this.#stores.set("export", store);
    return true;
  }

  /** The session methods through which BuildKit reads and writes the layouts. */
  methods(): SessionMethod[] {
    return this.#stores.size > 0 ? content(this.#stores) : [];
  }

  /**
   * Adds what BuildKit wrote to the folders' indexes. What several nodes wrote to one folder is merged into one image;
   * its descriptor is returned.
   * @param responses of the nodes' exporters
   */
  async finish(responses: readonly ExporterResponse[]): Promise<Descriptor | undefined> {
    const caches = responses.flatMap((response) => cacheIn(response) ?? []);
    for (const cache of caches)
      for (const { dest, tag } of this.#caches) await putInLayout(dest, cache, [{ tag }]);
    for (const { dest, reset } of this.#caches)
      if (caches.length > 0 && reset) await removeUnreferenced(dest);
    const descriptors = responses.flatMap((response) => descriptorIn(response) ?? []);
    if (!this.#unpacked || descriptors.length === 0) return undefined;
    const descriptor = descriptors.length > 1 ? await this.#merge(descriptors) : descriptors[0]!;
    const names = namesIn(responses[0]!);
    const entries = names.length > 0 ? names.map((name) => ({ name })) : [{ tag: "latest" }];
    await putInLayout(this.#unpacked, descriptor, entries);
    return descriptor;
  }

  /** Merges the indexes of several nodes, and writes the result to the folder. */
  async #merge(descriptors: readonly Descriptor[]): Promise<Descriptor> {
    const store = this.#exported!;
    const read = ({ digest }: Descriptor) => readDocument(store, digest);
    const { descriptor, bytes } = mergeIndexes(await Promise.all(descriptors.map(read)));
    await store.put(descriptor.digest, bytes);
    return descriptor;
  }

  /** Closes the folders and removes incomplete files. */
  async close(): Promise<void> {
    const stores = [...this.#stores.values()];
    this.#stores.clear();
    await closeAll([
      ...stores.map((store) => () => store.close()),
      ...this.#temporary.splice(0).map((folder) => () => rm(folder, { recursive: true, force: true })),
    ]);
  }
}

async function writableStore(path: string, field: string): Promise<BlobStore> {
  try {
    return await BlobStore.writable(path);
  } catch (cause) {
    const message = withPeriod(`The folder ${path} cannot be written: ${(cause as Error).message}`);
    throw invalidField(
      field,
      "OUTPUT_PATH_INVALID",
      message,
      "Choose a folder that can be created or written.",
    );
  }
}
