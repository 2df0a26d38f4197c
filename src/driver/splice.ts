import type { Duplex, Readable, Writable } from "node:stream";

/**
 * Passes the bytes of two streams to each other, with back-pressure, until both directions have ended. The end of one
 * direction is passed on as a half-close. When a stream breaks, the bytes already read from it still arrive. Owns both
 * streams: they are destroyed when the promise resolves, which it always does.
 */
export async function splice(a: Duplex, b: Duplex): Promise<void> {
  await Promise.all([pump(a, b), pump(b, a)]);
  await Promise.all([flushed(a), flushed(b)]);
  a.destroy();
  b.destroy();
}

/**
 * Passes bytes on until the source ends or either stream closes; then half-closes the sink. Never rejects: an error
 * counts as an end, and the stream's owner reports it.
 */
export function pump(source: Readable, sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const pass = (chunk: Uint8Array) => {
      if (!sink.write(chunk)) source.pause();
    };
    const resume = () => source.resume();
    const finish = () => {
      source.off("data", pass);
      sink.off("drain", resume);
      for (const event of ["end", "close"]) source.off(event, finish);
      sink.off("close", finish);
      if (!sink.destroyed && !sink.writableEnded) sink.end();
      resolve();
    };
    // Without a listener the error would be uncaught; "close" follows it.
    for (const stream of [source, sink]) stream.on("error", () => {});
    if (source.readableEnded || source.destroyed || sink.destroyed) return finish();
    for (const event of ["end", "close"]) source.once(event, finish);
    sink.once("close", finish);
    sink.on("drain", resume);
    source.on("data", pass);
  });
}

/** Resolves when all written bytes have left the process, or the stream is closed. */
async function flushed(stream: Duplex): Promise<void> {
  if (stream.writableFinished || stream.destroyed) return;
  await new Promise<void>((resolve) => {
    stream.once("finish", resolve);
    stream.once("close", resolve);
  });
}
