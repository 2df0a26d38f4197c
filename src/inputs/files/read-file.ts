import type { FileSource } from "./source.js";

/** A file has more bytes than its reader takes. */
export class FileTooLarge extends Error {}

/** The whole content of a regular file; undefined when it does not exist. Rejects with {@link FileTooLarge}. */
export async function readFile(
  source: FileSource,
  path: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const [entry] = await source.stat([path]);
  if (!entry) return undefined;
  if (entry.size > maxBytes) throw new FileTooLarge(`${path} has more than ${maxBytes} bytes.`);
  const file = await source.open(path);
  try {
    const content = Buffer.alloc(entry.size);
    let size = 0;
    for (let read = -1; read !== 0 && size < content.length; size += read)
      read = await file.read(content.subarray(size));
    return content.subarray(0, size);
  } finally {
    await file.close();
  }
}
