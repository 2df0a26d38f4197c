/**
 * A host with the test API, as a process: host-main.ts <socket> [behaviour]. Its process id is a line of the file
 * "hosts" beside the socket's folder.
 */
import { appendFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createLog } from "../../src/host/base/log.js";
import { startServer } from "../../src/host/server/server.js";
import { testRoutes } from "./test-api.js";

const [unixPath = "", behaviour] = process.argv.slice(2);
appendFileSync(join(dirname(dirname(unixPath)), "hosts"), `${process.pid}\n`);
if (behaviour === "exit") {
  console.error("the store is broken");
  process.exit(7);
}
const routes = testRoutes({ produced: 0, ended: 0, aborts: [], uploaded: 0 });
const server = await startServer({ routes, listen: { unixPath }, log: createLog() });
process.once("SIGTERM", () => void server.close({ graceMs: 0 }).then(() => process.exit()));
console.log(`serving as ${process.pid}`);
if (behaviour === "idle") server.activity.onIdle(3_000, () => void server.close().then(() => process.exit()));
