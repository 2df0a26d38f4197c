import type { ClientSessionOptions, ServerOptions } from "node:http2";

/** Largest gRPC message either side accepts, in bytes; buildkitd uses the same for both directions. */
export const maxMessageBytes = 16 << 20;

/** Flow-control window of one HTTP/2 connection and of each of its streams, in bytes. */
export const windowBytes = 4 << 20;

/** The largest frame that HTTP/2 allows, in bytes. */
export const maxFrameBytes = (1 << 24) - 1;

const common = {
  maxHeaderListPairs: 100_000,
  // Megabytes. The default of 10 counts data on its way too, and streams are reset when it is exceeded.
  maxSessionMemory: 1000,
};

/**
 * Limits of the connection to BuildKit. Node's HTTP/2 goes silent at a header of 64 KiB, such as the trailer with
 * which BuildKit sends a long Dockerfile back; when told of the limit, BuildKit resets the stream instead.
 */
export const clientLimits = {
  ...common,
  settings: { maxHeaderListSize: 65_535, initialWindowSize: windowBytes, enablePush: false },
} satisfies ClientSessionOptions;

/** Limits of the connection from BuildKit inside a session: every line of a `.dockerignore` is one header. */
export const serverLimits = {
  ...common,
  settings: { maxHeaderListSize: 16 << 20, initialWindowSize: windowBytes, maxFrameSize: maxFrameBytes },
} satisfies ServerOptions;
