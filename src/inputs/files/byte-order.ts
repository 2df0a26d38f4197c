import { nameBytes } from "../../util/file-name.js";

/** Orders names as their bytes are ordered; JavaScript's own order differs for characters above U+FFFF. */
export function byteOrder(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (isSurrogate(x) || isSurrogate(y)) return Buffer.compare(nameBytes(a), nameBytes(b));
    return x - y;
  }
  return a.length - b.length;
}

/** Part of a character above U+FFFF, or a byte that is not UTF-8. */
function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000;
}
