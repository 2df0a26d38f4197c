/** Shared by Connect and gRPC-Web: requests, envelopes of streamed messages, and typed errors. */

/** Sends the body of a call to a host in a POST request with the token. */
export function post({ url, token }, name, contentType, body, signal) {
  return fetch(`${url}/slipway.v1.${name}`, {
    method: "POST",
    headers: { "content-type": contentType, authorization: `Bearer ${token}` },
    body,
    signal,
  });
}

/** Size of the header of each message: one byte of flags, four bytes of length. */
const headBytes = 5;

/** Puts a message into an envelope. */
export function envelope(data) {
  const bytes = new Uint8Array(headBytes + data.length);
  new DataView(bytes.buffer).setUint32(1, data.length);
  bytes.set(data, headBytes);
  return bytes;
}

/** The envelopes of a response as they arrive. Leaving the loop ends the call. */
export async function* envelopes(response) {
  const reader = response.body.getReader();
  let bytes = new Uint8Array();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const joined = new Uint8Array(bytes.length + value.length);
      joined.set(bytes);
      joined.set(value, bytes.length);
      bytes = joined;
      while (bytes.length >= headBytes) {
        const end = headBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
        if (bytes.length < end) break;
        yield { flags: bytes[0], data: bytes.subarray(headBytes, end) };
        bytes = bytes.subarray(end);
      }
    }
  } finally {
    await reader.cancel();
  }
}

/** The error of a call or a failed build. Depend on `reason`, which is stable. */
export class SlipwayError extends Error {
  constructor({ reason, message, remedy }) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }
}

/** A response that ended early. A TypeError, like those that fetch throws for lost connections. */
export class Incomplete extends TypeError {}
