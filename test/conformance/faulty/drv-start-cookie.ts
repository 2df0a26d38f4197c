// Started without a host, it exits with 0 and without a message.
import { serveWithFault } from "../conforming/serve-with-fault.js";

if (!process.env.SLIPWAY_PLUGIN_MAGIC_COOKIE) process.exit(0);
await serveWithFault({});
