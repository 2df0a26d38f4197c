import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { withBrackets } from "../../network/with-brackets.js";
import type { Log } from "../base/log.js";
import { listenTcp } from "../server/listen.js";

/** Where metrics are served. */
export interface MetricsAddress {
  /** Host name or IP address of the interface. */
  host: string;
  /** 0 selects a free port. */
  port: number;
}

/** Most connections at a time: a scraper needs one. */
const maxConnections = 16;

/** A server that has only metrics. */
export interface MetricsServer {
  /** URL of the metrics. */
  url: string;
  /** Ends it and its connections. */
  close(): Promise<void>;
}

/** Serves a text at `/metrics`, without a login. Rejects with FAILED_PRECONDITION, reason LISTEN_FAILED. */
export async function serveMetrics(
  { host, port }: MetricsAddress,
  read: () => Promise<string>,
  log: Log,
): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    if (request.url?.split("?", 1)[0] !== "/metrics")
      return answer(response, 404, "The metrics are at /metrics.\n");
    if (request.method !== "GET" && request.method !== "HEAD")
      return answer(response, 405, "The metrics can only be read.\n");
    read().then(
      (text) => answer(response, 200, text),
      (cause: unknown) => {
        log.error("The metrics could not be read", { error: String(cause) });
        answer(response, 500, "The metrics could not be read.\n");
      },
    );
  });
  server.maxConnections = maxConnections;
  const found = await listenTcp(server, { host, port });
  return {
    url: `http://${withBrackets(host)}:${found}/metrics`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(response: ServerResponse, status: number, text: string): void {
  const type = status === 200 ? "text/plain; version=0.0.4; charset=utf-8" : "text/plain; charset=utf-8";
  response.writeHead(status, { "content-type": type, "x-content-type-options": "nosniff" }).end(text);
}
