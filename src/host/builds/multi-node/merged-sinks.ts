import type { FileSendTarget } from "../../../buildkit/filesend/file-send.js";
import type { Descriptor } from "../../../image/oci-index.js";
import { type SinkOptions, sinksOf } from "../outputs/sinks.js";
import type { Export } from "../spec/exports.js";
import { mergeOciArchives, mergeTars } from "./merge-archives.js";
import { MergedStream } from "./merged-stream.js";

/** Where several nodes send the files of their exporters: each output is one file, folder or stream for all of them. */
export class MergedSinks {
  /** The index of the images in archives, once one is known. */
  descriptor: Descriptor | undefined;
  readonly #streams = new Map<number, MergedStream>();
  readonly #folders = new Map<number, FileSendTarget>();

  /** @param exports of one of the nodes: those of the others have the same destinations */
  constructor(nodes: number, exports: readonly Export[], options: SinkOptions) {
    for (const [index, sink] of sinksOf(exports, options)) {
      if (sink.kind === "folder") this.#folders.set(index, { ...sink, taken: new Set() });
      else {
        const merge = this.#mergeOf(exports[index]!);
        this.#streams.set(index, new MergedStream(nodes, merge, () => sink.open({})));
      }
    }
  }

  /** Where a node sends the files of each of its exporters, by the exporter's index. */
  of(node: number): ReadonlyMap<number, FileSendTarget> {
    const streams = [...this.#streams].map(([index, stream]) => {
      const target = { kind: "stream", open: () => stream.begin(node) } as const;
      return [index, target] as const;
    });
    return new Map<number, FileSendTarget>([...this.#folders, ...streams]);
  }

  /** Notes that a node has built. */
  ended(node: number): void {
    for (const stream of this.#streams.values()) stream.ended(node);
  }

  /** Aborts the streams that are incomplete. Resolves when nothing of them is left. */
  async destroy(reason: Error): Promise<void> {
    await Promise.all([...this.#streams.values()].map((stream) => stream.destroy(reason)));
  }

  #mergeOf({ type }: Export) {
    if (type === "tar") return mergeTars;
    return (archives: readonly AsyncIterable<Uint8Array>[]) =>
      mergeOciArchives(archives, (descriptor) => {
        this.descriptor = descriptor;
      });
  }
}
