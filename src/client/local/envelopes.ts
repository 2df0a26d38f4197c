/** A message in a stream of the Connect protocol. */
export interface Envelope {
  flags: number;
  data: Uint8Array;
}

/** The flag of the last envelope of an answer, which says in JSON how the call ended. */
export const endFlag = 2;

const headerBytes = 5;

/** Puts a message into an envelope. */
export function envelope(data: Uint8Array): Uint8Array {
  const packed = Buffer.allocUnsafe(headerBytes + data.length);
  packed.writeUInt8(0, 0);
  packed.writeUInt32BE(data.length, 1);
  packed.set(data, headerBytes);
  return packed;
}

/** Reads the envelopes of a stream. One that the stream's end cuts off is left out. */
export async function* openEnvelopes(stream: AsyncIterable<Buffer>): AsyncGenerator<Envelope> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    while (rest.length >= headerBytes) {
      const end = headerBytes + rest.readUInt32BE(1);
      if (rest.length < end) break;
      yield { flags: rest[0]!, data: rest.subarray(headerBytes, end) };
      rest = rest.subarray(end);
    }
  }
}
