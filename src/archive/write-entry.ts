import type { Pack } from "tar-stream";
import { drained } from "../util/drained.js";

/** The header of an entry to write; its size is 0 by default. */
export type EntryHeader = Parameters<Pack["entry"]>[0];

/** Writes one entry at the pace of the archive's reader. Rejects when the archive is destroyed. */
export async function writeEntry(
  archive: Pack,
  header: EntryHeader,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = [],
): Promise<void> {
  let entry!: ReturnType<Pack["entry"]>;
  const written = new Promise<void>((resolve, reject) => {
    entry = archive.entry(header, (error) => (error ? reject(error) : resolve()));
  });
  written.catch(() => {}); // Awaited below, unless the content fails first.
  entry.on("error", () => {}); // The callback gets it too.
  for await (const chunk of content) {
    if (entry.write(chunk)) continue;
    if (entry.destroyed) break;
    await drained(entry);
  }
  entry.end(undefined);
  await written;
}
