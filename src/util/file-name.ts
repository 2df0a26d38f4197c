import { Buffer, isUtf8 } from "node:buffer";

/*
 * File names are bytes, and texts in the rest of the program: a byte that is not UTF-8 becomes a code unit from U+DC80 to
 * U+DCFF, which no other text has alone (Python's "surrogateescape", PEP 383). Node.js would replace it by U+FFFD.
 */

const escapes = 0xdc00;

/** The text of a file name or path. */
export function nameOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString();
  let name = "";
  for (let at = 0; at < buffer.length; ) {
    const character = buffer.subarray(at, at + characterBytes(buffer[at]!));
    const isCharacter = isUtf8(character);
    name += isCharacter ? character.toString() : String.fromCharCode(escapes + buffer[at]!);
    at += isCharacter ? character.length : 1;
  }
  return name;
}

/** How many bytes a character has that begins with this one. */
function characterBytes(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** The bytes of {@link nameOf}. */
export function nameBytes(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name);
  return Buffer.concat(
    [...name].map((character) => (isEscape(character) ? escaped(character) : Buffer.from(character))),
  );
}

/** How many bytes a name has. */
export function nameLength(name: string): number {
  return name.isWellFormed() ? Buffer.byteLength(name) : nameBytes(name).length;
}

const isEscape = (character: string) => /^[\udc80-\udcff]$/.test(character);

const escaped = (character: string) => Buffer.of(character.charCodeAt(0) - escapes);

/** A path for Node's `fs`. */
export function onDisk(path: string): string | Buffer {
  return path.isWellFormed() ? path : nameBytes(path);
}

/** Whether Node.js may have replaced bytes of a name that it decoded. */
export function mayBeReplaced(name: string): boolean {
  return name.includes("\ufffd");
}
