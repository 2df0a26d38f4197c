import { type Header, pack } from "tar-stream";

/** An entry for an archive, written as it is. */
export type TarInput = Partial<Omit<Header, "pax" | "type">> & {
  name: string;
  type?: string;
  content?: string | Uint8Array;
  pax?: Record<string, string>;
};

/** Makes a tar archive of any entries, including ones that no `tar` writes. */
export async function makeTar(entries: TarInput[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry(header as Header, Buffer.from(content ?? ""));
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Splits bytes into chunks. */
export async function* inChunks(bytes: Uint8Array, size = 64 << 10): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
