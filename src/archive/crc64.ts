/** The table of the polynomial of ECMA-182, with its bits in reverse order, as two halves of each entry. */
const low = new Uint32Array(256);
const high = new Uint32Array(256);
for (let index = 0; index < 256; index++) {
  let [upper, lower] = [0, index];
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = lower & 1;
    lower = (lower >>> 1) | (upper << 31);
    upper >>>= 1;
    if (isOdd) {
      lower ^= 0xd7870f42;
      upper ^= 0xc96c5795;
    }
  }
  low[index] = lower;
  high[index] = upper;
}

/** The checksum CRC-64/XZ of bytes that come in chunks. */
export class Crc64 {
  #low = 0xffffffff;
  #high = 0xffffffff;

  update(bytes: Uint8Array): void {
    let [lower, upper] = [this.#low, this.#high];
    for (const byte of bytes) {
      const index = (lower ^ byte) & 0xff;
      lower = ((lower >>> 8) | (upper << 24)) ^ low[index]!;
      upper = (upper >>> 8) ^ high[index]!;
    }
    [this.#low, this.#high] = [lower, upper];
  }

  /** The checksum, its lowest byte first. */
  digest(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(~this.#low >>> 0, 0);
    bytes.writeUInt32LE(~this.#high >>> 0, 4);
    return bytes;
  }
}
