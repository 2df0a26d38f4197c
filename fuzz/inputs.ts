import fc from "fast-check";

/** Text that mixes a parser's tokens with arbitrary characters. */
export const textOf = (...tokens: string[]) =>
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...tokens) },
        fc.string({ unit: "binary", maxLength: 6 }),
      ),
      {
        maxLength: 12,
      },
    )
    .map((parts) => parts.join(""));

/** JSON with the given keys and arbitrary values, sometimes damaged. */
export const jsonOf = (...keys: string[]) => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, 0, -1, 1e300, "", "a", "sha256:00", "unix"),
      fc.string({ maxLength: 8 }),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys, "__proto__", "constructor"), tie("any"), { maxKeys: 5 }),
    ),
  })).any;
  const text = value.map((each) => JSON.stringify(each));
  const damaged = fc.tuple(text, fc.nat()).map(([json, at]) => json.slice(0, at % (json.length + 1)));
  return fc.oneof({ weight: 5, arbitrary: text }, damaged, fc.string({ maxLength: 30 }));
};

/** A prefix of `valid` with some bytes changed. */
export const mutated = (valid: Uint8Array) =>
  fc
    .tuple(fc.array(fc.tuple(fc.nat(valid.length), fc.nat(255)), { maxLength: 8 }), fc.nat(valid.length * 2))
    .map(([changes, length]) => {
      const bytes = Buffer.from(valid);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes.subarray(0, length);
    });

/** A tar archive with one file of 10 bytes. */
export function smallTar(): Buffer {
  const tar = Buffer.alloc(2048);
  tar.write("folder/file", 0);
  tar.write("0000644\0", 100);
  tar.write("0000000\0", 108);
  tar.write("0000000\0", 116);
  tar.write("00000000012\0", 124);
  tar.write("00000000000\0", 136);
  tar.write("        ", 148);
  tar.write("0", 156);
  tar.write("ustar\0", 257);
  tar.write("00", 263);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  tar.write("0123456789", 512);
  return tar;
}

/** A zstd frame with the bytes in a raw block. */
export function rawZstd(bytes: Buffer): Buffer {
  const head = Buffer.from("28b52ffd60", "hex");
  const size = Buffer.alloc(2);
  size.writeUInt16LE(bytes.length - 256);
  const block = Buffer.alloc(3);
  block.writeUIntLE((bytes.length << 3) | 1, 0, 3);
  return Buffer.concat([head, size, block, bytes]);
}

/** Output of `zstd -19` for a tar archive with a folder, a file of 500 bytes and a link: a frame with coded literals. */
export const compressedZstd = Buffer.from(
  "KLUv/WQACzULACaiRxZwS5oDMiip88Czpv+fAIn01a3/1X0oUgA6ADoAW/l2/M49U6s53zZpj7W/rLylzEUK1bfUEHpKCkE7QsgO" +
    "AB0MBIGhcEAUCocZRAE4DkBWSwNgABgOwUGFAyFAGAgHwSCgA0AGA+I4DkAgTzBQEXRm2S6jMpjT3//L7JcSzX/R5UuOPOnMNucX" +
    "q5N2+oJtCW3Onq7xamfkcoRqLNdX8OJc9kM1lduLqAGDc9bjE7pxxi8hUvD+Jzv5tlZ3ExbmGRFdb60v923F66Ms4dF8hdknz6Vi" +
    "98pSvwzx+9L6jVubpa4GAwAZBIPB4gjjDd/ysdMX626//r1qPvnHcj2Ty4N9sOS59fYkLUWlVt0/0+TB6XZMmkz3etZqV8yCdg0c" +
    "ICBLi5UD/a2ASxRkcrXSwBZQSMkASSPULnOHytngM+hk7GXCAEwwqgGXMeyRfNKAGZBOARgCOOkAlY4C+wtE4Do5OS6HPi6t",
  "base64",
);

/** Output of `xz` for a tar archive with two files. */
export const compressedXz = Buffer.from(
  "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Cf/AI5dACIbyGbcCWThplxBwkI3RQOJbBbt0m0mJQKD9Ly59ylPHnc17uuSP+RnoTQ9" +
    "ONUsCIzPJGl37hruMS50tHu/JRJb9CEP86GsahrhDaexMIENDvPoEUo/u5UY9SBMdKGxXjbHwehRWZamVV4ky0vqAefOEuU+3HpX" +
    "00Qug4I+zQsjc1cUbEkGnUwhIMlmWyAAAACL1O3dIpyB7QABqgGAUAAAbldXx7HEZ/sCAAAAAARZWg==",
  "base64",
);

/** Lengths of the pieces in which bytes arrive. */
export const pieceLengths = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 20 });

/** The bytes in pieces of these lengths, over and over. */
export async function* inPieces(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const piece = bytes.subarray(at, at + lengths[turn % lengths.length]!);
    at += piece.length;
    yield piece;
  }
}
