import { constants } from "node:http2";
import type { NodeRequest, NodeResponse } from "./access.js";

/** Closes a connection when its calls have ended; over HTTP/2 with GOAWAY. */
export function closeConnection(request: NodeRequest, response: NodeResponse): void {
  if ("stream" in request) request.stream.session?.close();
  else response.setHeader("connection", "close");
}

/** How long a client may continue to send after its answer, in milliseconds. */
const lateRequestMs = 2000;

/**
 * Discards what a client sends after its answer, for a limited time. Closing at once would lose the answer: a client
 * that is still sending over HTTP/1.1 would see a connection reset first.
 */
export function discardRest(request: NodeRequest, response: NodeResponse): void {
  // Over HTTP/2 the response emits "finish" only when the whole stream has ended.
  const answer = "stream" in response ? response.stream : response;
  answer.once("finish", () => {
    if (request.complete) return;
    request.resume();
    const timer = setTimeout(() => {
      if ("stream" in request) request.stream.close(constants.NGHTTP2_NO_ERROR);
      else request.socket.destroy();
    }, lateRequestMs).unref();
    request.once("close", () => clearTimeout(timer));
    request.once("end", () => clearTimeout(timer));
  });
}
