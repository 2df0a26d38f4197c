import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import type { Duplex, Readable } from "node:stream";
import { feed } from "./feed.js";
import { keepReading } from "./keep-reading.js";

/** A request of HTTP/1.1. */
export interface HttpRequest {
  method: string;
  /** With its query. */
  path: string;
  headers?: OutgoingHttpHeaders;
}

/**
 * Makes one request on a connection of its own, and resolves with the answer when its head has come. The body may not be
 * sent completely then: an error may be answered early, also by a server that closes the connection at once. It is sent until the answer ends, and is not destroyed here.
 * Owns the connection, which closes with the answer, or when the signal aborts or the body breaks; both the promise and
 * the answer then fail.
 */
export function httpExchange(
  connection: Duplex,
  { method, path, headers = {} }: HttpRequest,
  body: Readable | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  keepReading(connection);
  return new Promise((resolve, reject) => {
    const call = request({ method, path, headers, createConnection: () => connection });
    const abort = () => call.destroy(signal.reason);
    signal.addEventListener("abort", abort);
    call.once("response", (answer) => {
      answer.once("close", () => {
        body?.unpipe(call);
        call.destroy();
      });
      resolve(answer);
    });
    // After the answer's head, its reader gets the error.
    call.on("error", (error) => reject(signal.aborted ? signal.reason : error));
    call.once("close", () => {
      signal.removeEventListener("abort", abort);
      connection.destroy();
    });
    if (signal.aborted) return void abort();
    if (!body) return void call.end();
    call.flushHeaders();
    feed(body, call);
  });
}
