/** Splits one direction of a byte stream into the units that faults act on. An incomplete unit is kept for the next call. */
export type Splitter = (chunk: Buffer) => Buffer[];

/** Length of an HTTP/2 frame header, in bytes. */
export const headerBytes = 9;
/** What an HTTP/2 client sends before its first frame. */
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Splits into HTTP/2 frames (RFC 9113 §4.1). A client's preface is a separate unit. */
export function http2Frames(): Splitter {
  let rest = Buffer.alloc(0);
  let isFirst = true;
  const lengthOfNext = (): number => {
    if (isFirst && rest.subarray(0, 3).toString("latin1") === "PRI") return preface.length;
    return rest.length < headerBytes ? Number.POSITIVE_INFINITY : headerBytes + rest.readUIntBE(0, 3);
  };
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const units: Buffer[] = [];
    for (let length = lengthOfNext(); rest.length >= length && rest.length > 0; length = lengthOfNext()) {
      units.push(rest.subarray(0, length));
      rest = rest.subarray(length);
      isFirst = false;
    }
    return units;
  };
}

/** Splits into the chunks as they arrive: for HTTP/1.1, and for what is encrypted. */
export function chunks(): Splitter {
  return (chunk) => [chunk];
}
