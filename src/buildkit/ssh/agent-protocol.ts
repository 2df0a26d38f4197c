/**
 * The messages of the SSH agent protocol (draft-miller-ssh-agent) that a build may use: list keys and sign with them.
 */
export const AgentMessage = {
  failure: 5,
  requestIdentities: 11,
  identitiesAnswer: 12,
  signRequest: 13,
  signResponse: 14,
} as const;

/** One connection to an agent: a byte stream of requests in, one of responses out. Ends when either side ends. */
export type Agent = (requests: AsyncIterable<Uint8Array>, signal: AbortSignal) => AsyncIterable<Uint8Array>;

/** Maximum size of a message in bytes, as in OpenSSH. */
const maxMessageBytes = 256 * 1024;

/** Splits a byte stream into messages without their length prefix. The first byte is the type. */
export async function* readMessages(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let pending = Buffer.alloc(0);
  for await (const chunk of bytes) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 4) {
      const length = pending.readUInt32BE(0);
      if (length === 0 || length > maxMessageBytes)
        throw new Error(`The SSH agent request has an invalid length of ${length} bytes.`);
      if (pending.length < 4 + length) break;
      yield pending.subarray(4, 4 + length);
      pending = pending.subarray(4 + length);
    }
  }
}

/** Encodes a message with its length prefix. */
export function encodeMessage(type: number, ...parts: Uint8Array[]): Buffer {
  return encodeString(Buffer.concat([Buffer.of(type), ...parts]));
}

/** Encodes an SSH `string`: four bytes of length, then the bytes (RFC 4251 section 5). */
export function encodeString(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Encodes an unsigned big-endian number as an SSH `mpint` (RFC 4251 section 5). */
export function encodeUnsigned(value: Uint8Array): Buffer {
  const start = value.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Buffer.alloc(0) : Buffer.from(value.subarray(start));
  return encodeString((digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}

/** Decodes the `string` at an offset; `next` is the offset of the next field. */
export function decodeString(message: Buffer, offset: number): { value: Buffer; next: number } {
  const start = offset + 4;
  const next = start + (start <= message.length ? message.readUInt32BE(offset) : 0);
  if (start > message.length || next > message.length) throw new Error("The SSH agent request is truncated.");
  return { value: message.subarray(start, next), next };
}
