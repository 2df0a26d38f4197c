/** Largest message of the API in either direction, in bytes. */
export const maxMessageBytes = 16 * 1024 * 1024;

/** Largest chunk of a byte stream, in bytes: half of what gRPC clients accept in one message by default. */
export const maxChunkBytes = 2 * 1024 * 1024;
