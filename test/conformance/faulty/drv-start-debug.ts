// Prints how to attach it, and listens elsewhere.
import { formatReattach } from "../../../src/plugin-protocol/reattach.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

if (process.env.SLIPWAY_PLUGIN_DEBUG) {
  const where = { network: "unix", address: "/nonexistent/plugin" };
  console.log(formatReattach({ protocol: "grpc", protocolVersion: 2, pid: process.pid, ...where }));
  setInterval(() => {}, 1000);
} else await serveWithFault({});
