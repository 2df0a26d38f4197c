import type { Silence } from "../../network/end-when-dead.js";

/** Limits of the server. */
export interface ServerLimits {
  /** Largest request message after decompression, in bytes. */
  maxMessageBytes: number;
  /** Largest set of request headers, in bytes. Node's default for HTTP/1.1 is 16 KiB. */
  maxHeaderBytes: number;
  /** Flow-control window of one stream, in bytes (HTTP/2). */
  streamWindowBytes: number;
  /** Flow-control window of one connection, in bytes (HTTP/2). */
  connectionWindowBytes: number;
  /** Open streams of one connection (HTTP/2). */
  maxConcurrentStreams: number;
  /** How long a new connection may take until its first authenticated request, in milliseconds. */
  firstRequestMs: number;
  /** How long a client may send nothing of a request that it has begun, in milliseconds; tunnels have no limit. */
  silentRequestMs: number;
  /** How often the access of the callers of open calls is checked again, in milliseconds. */
  accessCheckMs: number;
  /** When a connection counts as dead (HTTP/2). A client may be suspended, or read nothing, for a while. */
  silence: Silence;
  /** Open connections of one listener. */
  maxConnections: number;
  /** Open connections from one IPv4 address or one IPv6 /64 network. */
  maxConnectionsPerAddress: number;
}

/** The default limits. */
export const defaultServerLimits: ServerLimits = {
  maxMessageBytes: 16 << 20,
  maxHeaderBytes: 64 << 10,
  streamWindowBytes: 4 << 20,
  connectionWindowBytes: 16 << 20,
  maxConcurrentStreams: 1000,
  firstRequestMs: 30_000,
  silentRequestMs: 10 * 60_000,
  accessCheckMs: 2_000,
  silence: { afterMs: 5 * 60_000, answerMs: 5 * 60_000 },
  maxConnections: 1024,
  maxConnectionsPerAddress: 256,
};
