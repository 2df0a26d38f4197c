/**
 * The part of the SSH agent protocol (draft-miller-ssh-agent) that a build may use: list keys and sign with them.
 */
export const AgentMessage = {
  failure: 5,
  requestIdentities: 11,
  identitiesAnswer: 12,
  signRequest: 13,
  signResponse: 14,
} as const;

/** One connection to an agent: bytes of requests in, bytes of responses out. Ends when either side does. */
export type Agent = (requests: AsyncIterable<Uint8Array>, signal: AbortSignal) => AsyncIterable<Uint8Array>;

/** Largest message in bytes, as in OpenSSH. */
const MAX_MESSAGE = 256 * 1024;

/** Splits a byte stream into messages: the type byte and what follows, without the length in front. */
export async function* readMessages(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let pending = Buffer.alloc(0);
  for await (const chunk of bytes) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 4) {
      const length = pending.readUInt32BE(0);
      if (length === 0 || length > MAX_MESSAGE)
        throw new Error(`an ssh agent request claims ${length} bytes`);
      if (pending.length < 4 + length) break;
      yield pending.subarray(4, 4 + length);
      pending = pending.subarray(4 + length);
    }
  }
}

/** A message with its length in front, ready to be sent. */
export function encodeMessage(type: number, ...parts: Uint8Array[]): Buffer {
  return encodeString(Buffer.concat([Buffer.of(type), ...parts]));
}

/** An SSH `string`: four bytes of length, then the bytes (RFC 4251 section 5). */
export function encodeString(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** An SSH `mpint` of an unsigned big-endian number (RFC 4251 section 5). */
export function encodeUnsigned(value: Uint8Array): Buffer {
  const start = value.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Buffer.alloc(0) : Buffer.from(value.subarray(start));
  return encodeString((digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}

/** Reads the `string` at an offset and says where the next field starts. */
export function decodeString(message: Buffer, offset: number): { value: Buffer; next: number } {
  const start = offset + 4;
  const next = start + (start <= message.length ? message.readUInt32BE(offset) : 0);
  if (start > message.length || next > message.length) throw new Error("an ssh agent request is cut short");
  return { value: message.subarray(start, next), next };
}
