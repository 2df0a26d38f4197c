import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

/** Connects to a unix socket or a plain TCP address without any check, and sends the token if there is one. */
export function uncheckedTransport(
  { SLIPWAY_HOST = "", SLIPWAY_TOKEN_FILE }: NodeJS.ProcessEnv,
  readMaxBytes?: number,
): Transport {
  const path = SLIPWAY_HOST.startsWith("unix://") ? SLIPWAY_HOST.slice("unix://".length) : undefined;
  const token = SLIPWAY_TOKEN_FILE && readFileSync(SLIPWAY_TOKEN_FILE, "utf8").trim();
  return createGrpcTransport({
    baseUrl: path ? "http://localhost" : SLIPWAY_HOST,
    nodeOptions: path ? { createConnection: () => connect(path) } : {},
    ...(readMaxBytes && { readMaxBytes }),
    interceptors: [
      (next) => (request) => {
        if (token) request.header.set("authorization", `Bearer ${token}`);
        return next(request);
      },
    ],
  });
}
