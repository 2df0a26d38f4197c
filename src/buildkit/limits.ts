import type { ClientSessionOptions } from "node:http2";

/** Largest gRPC message either side accepts, in bytes; buildkitd uses the same for both directions. */
export const maxMessageBytes = 16 << 20;

/** Flow-control window of one HTTP/2 connection and of each of its streams, in bytes. */
export const windowBytes = 4 << 20;

/**
 * Limits of an HTTP/2 connection to or from BuildKit, far above Node's defaults: every line of a `.dockerignore`
 * is one header, and a build error carries the whole Dockerfile in one trailer.
 */
export const http2Limits = {
  maxHeaderListPairs: 100_000,
  // Megabytes; the default of 10 counts data on its way too and resets streams when it is exceeded.
  maxSessionMemory: 1000,
  settings: { maxHeaderListSize: 16 << 20, initialWindowSize: windowBytes, enablePush: false },
} satisfies ClientSessionOptions;
