import type { Readable, Writable } from "node:stream";

/**
 * Pipes a source into a sink until the sink closes. An error of the source destroys the sink; the source is never
 * destroyed, so that its owner can go on with what was not read.
 */
export function feed(source: Readable, sink: Writable): void {
  const fail = (error: Error) => sink.destroy(error);
  if (source.errored) return void fail(source.errored);
  source.on("error", fail);
  sink.once("close", () => source.off("error", fail).unpipe(sink));
  source.pipe(sink);
}
