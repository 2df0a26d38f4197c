import { PassThrough } from "node:stream";

/**
 * A stream whose writer learns what became of the bytes: it finishes only when they were taken, and fails when taking
 * them fails.
 * @param taken called at the end of the bytes; settles when they were loaded, unpacked or written
 */
export function confirmedPipe(taken: (pipe: PassThrough) => Promise<unknown>): PassThrough {
  const pipe: PassThrough = new PassThrough({
    highWaterMark: 1 << 20,
    final(callback) {
      pipe.push(null);
      taken(pipe).then(() => callback(), callback);
    },
  });
  return pipe;
}
