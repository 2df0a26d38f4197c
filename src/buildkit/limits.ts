import type { ClientSessionOptions, ServerOptions } from "node:http2";

/** Maximum size of a gRPC message in bytes, in both directions; the same as in buildkitd. */
export const maxMessageBytes = 16 << 20;

/** Flow-control window of one HTTP/2 connection and of each of its streams, in bytes. */
export const windowBytes = 4 << 20;

/** Maximum size of an HTTP/2 frame, in bytes. */
export const maxFrameBytes = (1 << 24) - 1;

/** buildkitd, as every gRPC server, closes connections that are pinged more often than every 5 minutes. */
export const silence = { afterMs: 330_000, answerMs: 30_000 };

const common = {
  maxHeaderListPairs: 100_000,
  // Megabytes, including data in transfer. Above it streams are reset; the default is 10.
  maxSessionMemory: 1000,
};

/**
 * Limits of the connection to BuildKit. Node's HTTP/2 hangs at a header of 64 KiB, such as the trailer in which
 * BuildKit returns a long Dockerfile; if the limit is announced, BuildKit resets the stream instead.
 */
export const clientLimits = {
  ...common,
  settings: { maxHeaderListSize: 65_535, initialWindowSize: windowBytes, enablePush: false },
} satisfies ClientSessionOptions;

/** Limits of the connection from BuildKit inside a session: every line of a `.dockerignore` is one header. */
export const serverLimits = {
  ...common,
  settings: {
    maxHeaderListSize: 16 << 20,
    initialWindowSize: windowBytes,
    maxFrameSize: maxFrameBytes,
    // Each is a call of BuildKit, which waits for a free one.
    maxConcurrentStreams: 1000,
  },
} satisfies ServerOptions;
