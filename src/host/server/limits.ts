/** What the server takes at once. */
export interface ServerLimits {
  /** Largest message of a request, in bytes, after decompression. */
  maxMessageBytes: number;
  /** Largest set of request headers, in bytes. Node's own limit for HTTP/1.1 is 16 KiB. */
  maxHeaderBytes: number;
  /** Bytes that one stream of a client may send ahead of the handler (HTTP/2). */
  streamWindowBytes: number;
  /** Bytes that all streams of one connection together may send ahead (HTTP/2). */
  connectionWindowBytes: number;
  /** Streams that one connection may have open (HTTP/2). */
  maxConcurrentStreams: number;
  /** Time that a new connection may stay silent, in milliseconds. */
  firstRequestMs: number;
}

/** The limits unless the host is told others. */
export const defaultLimits: ServerLimits = {
  maxMessageBytes: 16 << 20,
  maxHeaderBytes: 64 << 10,
  streamWindowBytes: 4 << 20,
  connectionWindowBytes: 16 << 20,
  maxConcurrentStreams: 1000,
  firstRequestMs: 30_000,
};
