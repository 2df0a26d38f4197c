/** Kind of a context stream, detected by its first bytes. */
export type ContextStreamKind = "tar" | "gzip" | "bzip2" | "xz" | "zstd" | "dockerfile";

/** How many of the first bytes the detection needs at most. */
export const archiveHeaderBytes = 512;

const magicNumbers: [kind: ContextStreamKind, bytes: number[]][] = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
];

/**
 * Distinguishes archives from a Dockerfile by the first {@link archiveHeaderBytes} of a stream (all of it when it is
 * shorter). A tar archive is detected by the checksum of its first header, since old formats have no magic number.
 */
export function detectContextStream(head: Uint8Array): ContextStreamKind {
  for (const [kind, magic] of magicNumbers)
    if (magic.every((byte, index) => head[index] === byte)) return kind;
  return isTarHeader(head) ? "tar" : "dockerfile";
}

const checksumStart = 148;
const checksumEnd = 156;

function isTarHeader(head: Uint8Array): boolean {
  if (head.length < 512 || head[0] === 0) return false;
  const field = Buffer.from(head.subarray(checksumStart, checksumEnd)).toString("latin1");
  const stored = /^[ \0]*([0-7]+)[ \0]*$/.exec(field)?.[1];
  if (stored === undefined) return false;
  let unsigned = 0;
  let signed = 0;
  for (let index = 0; index < 512; index++) {
    const byte = index >= checksumStart && index < checksumEnd ? 0x20 : head[index]!;
    unsigned += byte;
    signed += byte < 0x80 ? byte : byte - 0x100;
  }
  const sum = Number.parseInt(stored, 8);
  return sum === unsigned || sum === signed;
}
