/** Length of a frame header, in bytes. */
const frameHeaderBytes = 9;

/** What an HTTP/2 client sends first: the connection preface and an empty SETTINGS frame (RFC 9113 §3.4). */
export const clientPreface = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

/** Whether bytes begin as an HTTP/2 server does: with a SETTINGS frame on stream 0 without the ACK flag. */
export function isServerPreface(bytes: Buffer): boolean {
  return bytes.length >= frameHeaderBytes && bytes[3] === 4 && bytes[4] === 0 && bytes.readUInt32BE(5) === 0;
}
