import { createHash } from "node:crypto";
import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import { clone } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Pack, pack as tarPack } from "tar-stream";
import { writeEntry } from "../../../archive/write-entry.js";
import { readBlob } from "../../../buildkit/content/read-blob.js";
import { bytesOf } from "../../../buildkit/recorded-trace.js";
import { Content } from "../../../gen/containerd/services/content/v1/content_pb.js";
import {
  type Descriptor as BlobDescriptor,
  BuildHistoryRecordSchema,
} from "../../../gen/moby/buildkit/v1/control_pb.js";
import type { HistoryLocalState } from "../../../gen/slipway/v1/history_pb.js";
import { blobPath, type Descriptor, layoutFiles } from "../../../image/oci-index.js";
import { digestPattern } from "../../../image/reference.js";
import type { Redaction } from "../../builds/redaction/redaction.js";
import { maskedSpans } from "../../builds/traces/masked-spans.js";
import type { Found } from "../history-nodes.js";
import { maskedLogs } from "./logs.js";
import { recordJson } from "./record-json.js";

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";
const recordType = "application/vnd.buildkit.historyrecord.v0";
/** Keeps the media type of a result, which is declared as JSON so that no reader looks for its layers. */
const mediaTypeKey = "vnd.export-build.descriptor.mediatype";
/** Keeps the reference of a record in the index of several. */
const referenceKey = "vnd.buildkit.history.reference";

/** The time of all files: the same records have the same archive. */
const mtime = new Date(0);

/** A record to export, with what the client knows of it. */
export interface ExportedRecord {
  found: Found;
  localState: HistoryLocalState | undefined;
}

/**
 * The records as a `.dockerbuild` archive: a compressed OCI layout with a manifest for each record, and an index if there
 * are several. Logs and traces are masked, and have other digests than in BuildKit.
 */
export async function* dockerbuild(
  records: readonly ExportedRecord[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const target = tarPack();
  const gzip = createGzip();
  // The callback prevents an unhandled error; the iteration throws the same error.
  pipeline(target, gzip, () => {});
  new DockerbuildWriter(target, signal).write(records).catch((cause) => target.destroy(cause));
  try {
    yield* gzip as AsyncIterable<Uint8Array>;
  } finally {
    target.destroy();
    gzip.destroy();
  }
}

class DockerbuildWriter {
  readonly #target: Pack;
  readonly #signal: AbortSignal;
  readonly #written = new Set<string>();

  constructor(target: Pack, signal: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
  }

  async write(records: readonly ExportedRecord[]): Promise<void> {
    for (const name of ["blobs", "blobs/sha256"])
      await writeEntry(this.#target, { name, type: "directory", mode: 0o755, mtime });
    const manifests: Descriptor[] = [];
    for (const record of records) manifests.push(await this.#record(record));
    const named = manifests.map((manifest, index) => ({
      ...manifest,
      annotations: { [referenceKey]: records[index]!.found.raw.ref },
    }));
    const root =
      manifests.length === 1
        ? manifests[0]!
        : await this.#document(indexType, json({ schemaVersion: 2, mediaType: indexType, manifests: named }));
    for (const [name, text] of Object.entries(layoutFiles([root])))
      await writeEntry(this.#target, { name, size: Buffer.byteLength(text), mode: 0o644, mtime }, [
        Buffer.from(text),
      ]);
    this.#target.finalize();
  }

  /** Writes a record with its blobs, and returns its manifest. Blobs that BuildKit has removed are left out. */
  async #record({ found, localState }: ExportedRecord): Promise<Descriptor> {
    const { node, redaction } = found;
    const raw = clone(BuildHistoryRecordSchema, redaction.message(BuildHistoryRecordSchema, found.raw));
    const layers = new Map<string, Descriptor>();
    const add = (layer: Descriptor | undefined) => layer && layers.set(layer.digest, layer);
    const read = (digest: string) =>
      bytesOf(node.client.service(Content).read({ digest }, { signal: this.#signal }));

    const masked = async (blob: BlobDescriptor | undefined, mask: Mask) => {
      if (!blob || !(await this.#isThere(found, blob.digest))) return undefined;
      const content = () => mask(read(blob.digest), redaction);
      const { digest, size } = await measure(content());
      await this.#blob(digest, size, content());
      add({ mediaType: blob.mediaType, digest, size });
      return { ...blob, digest, size: BigInt(size) };
    };
    const copied = async (blob: BlobDescriptor, as: (layer: Descriptor) => Descriptor = (layer) => layer) => {
      if (layers.has(blob.digest) || !(await this.#isThere(found, blob.digest))) return;
      await this.#blob(blob.digest, Number(blob.size), read(blob.digest));
      add(as(layerOf(blob)));
    };

    raw.trace = await masked(raw.trace, maskedSpans);
    raw.logs = await masked(raw.logs, maskedLogs);
    for (const { attestations, results } of [
      ...(raw.result ? [raw.result] : []),
      ...Object.values(raw.results),
    ]) {
      for (const attestation of attestations) await copied(attestation);
      for (const result of Object.values(results)) await copied(result, asJson);
    }
    const details = raw.externalError;
    // A secret in nested messages cannot be replaced.
    const isClean = details && redaction.isClean(await readBlob(node.client, details.digest, this.#signal));
    if (isClean) await copied(details);
    else raw.externalError = undefined;

    const config = await this.#document(recordType, Buffer.from(recordJson(found, raw, localState)));
    const manifest = { schemaVersion: 2, mediaType: manifestType, config, layers: [...layers.values()] };
    return this.#document(manifestType, json(manifest));
  }

  async #document(mediaType: string, bytes: Buffer): Promise<Descriptor> {
    const { digest, size } = await measure([bytes]);
    await this.#blob(digest, size, [bytes]);
    return { mediaType, digest, size };
  }

  /** Writes a blob, unless an earlier record had it. */
  async #blob(
    digest: string,
    size: number,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void> {
    if (this.#written.has(digest)) return;
    this.#written.add(digest);
    await writeEntry(this.#target, { name: blobPath(digest), size, mode: 0o444, mtime }, content);
  }

  async #isThere({ node }: Found, digest: string): Promise<boolean> {
    if (!digestPattern.test(digest)) return false;
    try {
      await node.client.service(Content).info({ digest }, { signal: this.#signal });
      return true;
    } catch (cause) {
      if (ConnectError.from(cause).code === Code.NotFound) return false;
      throw cause;
    }
  }
}

/** Replaces the secrets in the content of a blob. */
type Mask = (blob: AsyncIterable<Uint8Array>, redaction: Redaction) => AsyncIterable<Uint8Array>;

function layerOf({ mediaType, digest, size, annotations }: BlobDescriptor): Descriptor {
  const layer = { mediaType, digest, size: Number(size) };
  return Object.keys(annotations).length > 0 ? { ...layer, annotations } : layer;
}

function asJson(layer: Descriptor): Descriptor {
  const annotations = { ...layer.annotations, [mediaTypeKey]: layer.mediaType };
  return { ...layer, mediaType: "application/json", annotations };
}

function json(document: object): Buffer {
  return Buffer.from(JSON.stringify(document, null, 2));
}

async function measure(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<{ digest: string; size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: `sha256:${hash.digest("hex")}`, size };
}
