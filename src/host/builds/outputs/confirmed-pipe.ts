import { PassThrough } from "node:stream";

/**
 * A stream that finishes only when its bytes have been consumed, and fails when consuming them fails.
 * @param consumed called at the end of the bytes; settles when they have been loaded, unpacked or written
 */
export function confirmedPipe(consumed: (pipe: PassThrough) => Promise<unknown>): PassThrough {
  const pipe: PassThrough = new PassThrough({
    highWaterMark: 1 << 20,
    final(callback) {
      pipe.push(null);
      consumed(pipe).then(() => callback(), callback);
    },
  });
  return pipe;
}
