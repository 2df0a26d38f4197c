import type { FileSource } from "./source.js";

/** The whole content of a regular file; undefined when it does not exist, or has `maxBytes` or more. */
export async function readFile(
  source: FileSource,
  path: string,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<Buffer | undefined> {
  const [entry] = await source.stat([path]);
  if (!entry || entry.size >= maxBytes) return undefined;
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
