/** What Connect and gRPC-Web share: where a call goes, envelopes around streamed messages, and typed errors. */

/** POSTs the body of a call to a host, with its token. */
export function post({ url, token }, name, contentType, body, signal) {
  return fetch(`${url}/slipway.v1.${name}`, {
    method: "POST",
    headers: { "content-type": contentType, authorization: `Bearer ${token}` },
    body,
    signal,
  });
}

/** Bytes before each message: one of flags, four of length. */
const headBytes = 5;

/** A message in its envelope. */
export function envelope(data) {
  const bytes = new Uint8Array(headBytes + data.length);
  new DataView(bytes.buffer).setUint32(1, data.length);
  bytes.set(data, headBytes);
  return bytes;
}

/** The envelopes of a response, as they arrive. Leaving the loop ends the call. */
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

/** What a host refuses, or what a build ended with. Build on `reason`, which does not change. */
export class SlipwayError extends Error {
  constructor({ reason, message, remedy }) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }
}

/** A response that ended before it was complete; fetch throws a TypeError for those that broke off. */
export class Incomplete extends TypeError {}
