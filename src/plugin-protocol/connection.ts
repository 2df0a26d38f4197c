/** The gRPC connection between host and plugin. */

/** Service name that the plugin's health service reports on. */
export const healthServiceName = "plugin";

/** Largest message that either side accepts, in bytes. */
export const maxMessageBytes = 64 << 20;

/** Largest message to a plugin that states no limit, in bytes: grpc-go's default. */
export const defaultMessageBytes = 4 << 20;

/** Most bytes of an image archive in one message. */
export const maxArchiveChunkBytes = 1 << 20;

/**
 * HTTP/2 settings of both sides. The connection's flow-control window keeps its default of 64 KiB: Node.js does not read
 * from a connection while a write to it is pending, so with larger windows two Node.js processes that send more than
 * the socket buffers hold block each other forever. On a local socket larger windows gain nothing.
 */
export const http2Settings = {
  // In megabytes. The default of 10 counts data in flight too, and exceeding it resets streams.
  maxSessionMemory: 256,
  settings: { enablePush: false, maxHeaderListSize: 1 << 20 },
};
