import { constants, type Http2Session } from "node:http2";

/**
 * Destroys an HTTP/2 session; its calls end with the reason. Whoever awaits an answer runs while Node reads from the
 * session. Destroyed there, it frees streams that nghttp2 uses afterwards: the heap is corrupted, and the process dies
 * (nodejs/node#64113). So it is destroyed a moment later.
 */
export function destroySession(session: Http2Session, reason: Error): void {
  // Without a code the streams would end as if all were well, which some callers never notice.
  setImmediate(() => session.destroy(reason, constants.NGHTTP2_CANCEL));
}
