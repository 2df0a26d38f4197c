import type { Http2Session } from "node:http2";

/** When a connection counts as dead, in milliseconds. */
export interface Silence {
  /** A peer that has sent nothing for this long is sent a PING. */
  afterMs: number;
  /** How long its answer may take. */
  answerMs: number;
}

/**
 * Calls `end` when a silent peer does not answer a PING. Otherwise a connection can last for ever: after some frames that
 * break the protocol Node stops to read it and reports nothing, not even that the peer has closed it.
 * @param isUsed only then a PING is sent; gRPC servers close connections that are pinged without calls
 */
export function endWhenDead(
  session: Http2Session,
  { afterMs, answerMs }: Silence,
  end: () => void,
  isUsed: () => boolean = () => true,
): void {
  let received: number | undefined;
  let limit: NodeJS.Timeout | undefined;
  const interval = setInterval(() => {
    const before = received;
    received = session.socket?.bytesRead;
    if (received !== before || limit || !isUsed()) return;
    limit = setTimeout(end, answerMs).unref();
    if (session.destroyed) return;
    session.ping((error) => {
      if (error) return;
      clearTimeout(limit);
      limit = undefined;
    });
  }, afterMs).unref();
  session.once("close", () => {
    clearInterval(interval);
    clearTimeout(limit);
  });
}
