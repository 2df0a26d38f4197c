import { closeSync, read, readSync } from "node:fs";
import { Code } from "@connectrpc/connect";
import { failure } from "./disk-failure.js";
import type { QuickCalls } from "./quick-calls.js";
import type { SourceFile } from "./source.js";

/** Larger reads are not made on the main thread, in bytes. */
const maxSyncBytes = 64 << 10;

/** An open file on disk. */
export class DiskFile implements SourceFile {
  constructor(
    private readonly descriptor: number,
    private readonly name: string,
    private readonly quick: QuickCalls,
  ) {}

  async read(target: Uint8Array): Promise<number> {
    const { descriptor } = this;
    const onThread = () => readFile(descriptor, target);
    try {
      if (target.length > maxSyncBytes) return await onThread();
      return await this.quick.call(() => readSync(descriptor, target), onThread);
    } catch (cause) {
      throw failure(cause, Code.Internal, this.name);
    }
  }

  async close(): Promise<void> {
    closeSync(this.descriptor);
  }
}

function readFile(descriptor: number, target: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, target, 0, target.length, null, (cause, bytes) =>
      cause ? reject(cause) : resolve(bytes),
    );
  });
}
