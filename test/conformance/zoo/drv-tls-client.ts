// Lets everybody in.
import http2 from "node:http2";
import { syncBuiltinESMExports } from "node:module";
import { runAnimal } from "../well/run.js";

const { createSecureServer } = http2;
http2.createSecureServer = ((options: http2.SecureServerOptions, listener: () => void) =>
  createSecureServer({ ...options, rejectUnauthorized: false }, listener)) as typeof createSecureServer;
syncBuiltinESMExports();
await runAnimal({});
