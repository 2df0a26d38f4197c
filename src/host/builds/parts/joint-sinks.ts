import type { FileSendTarget } from "../../../buildkit/filesend/file-send.js";
import type { Descriptor } from "../../../image/oci-index.js";
import { type SinkOptions, sinksOf } from "../sinks.js";
import type { Export } from "../spec/exports.js";
import type { BuildPart } from "./build-part.js";
import { joinOciArchives, joinTars } from "./join-archives.js";
import { JointStream } from "./joint-stream.js";

/** Where several nodes send the files of their exporters: each output is one file, folder or stream of all of them. */
export class JointSinks {
  /** The index of the images in archives, once one is known. */
  descriptor: Descriptor | undefined;
  readonly #parts: readonly BuildPart[];
  readonly #streams = new Map<number, JointStream>();
  readonly #folders = new Map<number, FileSendTarget>();

  constructor(parts: readonly BuildPart[], options: SinkOptions) {
    this.#parts = parts;
    // The nodes' exports differ in what they are asked for, not in where it goes.
    const { exports } = parts[0]!.plan;
    for (const [index, sink] of sinksOf(exports, options)) {
      if (sink.kind === "directory") this.#folders.set(index, { ...sink, taken: new Set() });
      else
        this.#streams.set(
          index,
          new JointStream(parts.length, this.#joinOf(exports[index]!), () => sink.open({})),
        );
    }
  }

  /** Where one of the nodes sends the files of each of its exporters, by the exporter's index. */
  of(part: BuildPart): ReadonlyMap<number, FileSendTarget> {
    const node = this.#parts.indexOf(part);
    const begin = (stream: JointStream) => ({ kind: "stream", open: () => stream.begin(node) }) as const;
    const streams = [...this.#streams].map(([index, stream]) => [index, begin(stream)] as const);
    return new Map<number, FileSendTarget>([...this.#folders, ...streams]);
  }

  /** Notes that a node has built. */
  ended(part: BuildPart): void {
    for (const stream of this.#streams.values()) stream.ended(this.#parts.indexOf(part));
  }

  /** Gives up what is not whole. */
  destroy(reason: Error): void {
    for (const stream of this.#streams.values()) stream.destroy(reason);
  }

  #joinOf({ type }: Export) {
    if (type === "tar") return joinTars;
    return (archives: readonly AsyncIterable<Uint8Array>[]) =>
      joinOciArchives(archives, (descriptor) => {
        this.descriptor = descriptor;
      });
  }
}
