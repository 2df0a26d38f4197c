import type { PassThrough, Writable } from "node:stream";
import type { FileSendTarget } from "../../../buildkit/filesend/file-send.js";
import { openFileSink } from "../../../util/file-sink.js";
import type { Export } from "../spec/exports.js";
import { confirmedPipe } from "./confirmed-pipe.js";
import type { OutputStreams } from "./output-streams.js";

/** What {@link sinksOf} works with. */
export interface SinkOptions {
  streams: OutputStreams;
  /** Called when a streamed output can be read. */
  onReady(output: number): void;
  /** Reads an image archive to its end; rejects when it cannot be loaded. */
  load(archive: PassThrough, output: Export): Promise<void>;
}

/** Where BuildKit sends the files of each exporter, by the exporter's index. */
export function sinksOf(exports: readonly Export[], options: SinkOptions): Map<number, FileSendTarget> {
  const sinks = new Map<number, FileSendTarget>();
  for (const [index, output] of exports.entries()) {
    const sink = sinkOf(output, options);
    if (sink) sinks.set(index, sink);
  }
  return sinks;
}

function sinkOf(output: Export, options: SinkOptions): FileSendTarget | undefined {
  const { destination } = output;
  switch (destination.kind) {
    case "folder":
      return {
        kind: "folder",
        dest: destination.path,
        mirror: output.attributes.mode === "delete",
      };
    case "file":
      return { kind: "stream", open: () => openFileSink(destination.path) };
    case "stream":
      return {
        kind: "stream",
        open() {
          const stream = options.streams.open(output.output);
          options.onReady(output.output);
          return stream;
        },
      };
    case "image-store":
      return { kind: "stream", open: () => sinkInto((archive) => options.load(archive, output)) };
    case "layout":
    case "none":
      return undefined;
  }
}

/** A stream into a consumer of archives; it finishes when the consumer has, and fails with it. */
export function sinkInto(consume: (archive: PassThrough) => Promise<void>): Writable {
  const archive = confirmedPipe(() => consumed);
  const consumed = consume(archive);
  // The consumer may leave unread what follows the archive's end marker.
  consumed.then(
    () => archive.resume(),
    (error) => archive.destroy(error),
  );
  return archive;
}
