import type { EventEmitter } from "node:events";

/** Resolves when a writable stream takes more data, or is closed. */
export function drained(stream: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      stream.off("drain", settle);
      stream.off("close", settle);
      resolve();
    };
    stream.on("drain", settle);
    stream.on("close", settle);
  });
}
