import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How much of the output's end an error quotes. */
const tail = { bytes: 8192, lines: 20 };

/** The standard output and error of a host in the background, until the host has opened its log file. */
export interface StartOutput {
  /** File descriptor for the host's output. */
  fd: number;
  /** The last lines. */
  lines(): Promise<string[]>;
  close(): Promise<void>;
}

/** Opens a file without a name. A pipe would break when this process ends, and that would end the host. */
export async function openStartOutput(): Promise<StartOutput> {
  const path = join(tmpdir(), `slipway-host-${randomUUID()}.log`);
  const file = await open(path, "wx+", 0o600);
  try {
    await rm(path);
    const lines = async () => {
      const { size } = await file.stat();
      const from = Math.max(0, size - tail.bytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      return buffer.toString("utf8", 0, bytesRead).trimEnd().split("\n").slice(-tail.lines);
    };
    return { fd: file.fd, lines, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
