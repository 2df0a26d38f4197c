// Accepts every client.
import http2 from "node:http2";
import { syncBuiltinESMExports } from "node:module";
import { serveWithFault } from "../conforming/serve-with-fault.js";

const { createSecureServer } = http2;
http2.createSecureServer = ((options: http2.SecureServerOptions, listener: () => void) =>
  createSecureServer({ ...options, rejectUnauthorized: false }, listener)) as typeof createSecureServer;
syncBuiltinESMExports();
await serveWithFault({});
