import { constants, type Http2Session } from "node:http2";
import type { Duplex } from "node:stream";

/**
 * Destroys an HTTP/2 session and its connection; its calls end with the reason. Code that awaits a response can run
 * inside Node's read callback. Destroying the session there frees streams that nghttp2 still uses: the heap is
 * corrupted, and the process dies (nodejs/node#64113). So the session is destroyed after the callback.
 */
export function destroySession(session: Http2Session, connection: Duplex, reason: Error): void {
  setImmediate(() => {
    // Without a code the streams would end without an error, which some callers never notice.
    session.destroy(reason, constants.NGHTTP2_CANCEL);
    // After a GOAWAY the session only ends the connection, and waits for the peer to do the same.
    connection.destroy();
  });
}
