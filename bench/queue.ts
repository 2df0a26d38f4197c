/** `npm run bench:queue`: how many places four hosts on one PostgreSQL give in a second, and that no cap is passed. See docs/benchmarks.md. */

import assert from "node:assert/strict";
import { createLog } from "../src/host/base/log.js";
import { SharedQueue } from "../src/host/builds/queue/shared-queue.js";
import { openDatabase } from "../src/host/database/database.js";
import { claimPlaces } from "../test/database/claim-places.js";
import { labPath } from "../test/lab/path.js";
import { startPostgres } from "../test/lab/postgres.js";
import { step } from "../test/lab/progress.js";

const claims = 10_000;
/** How many builds may run at the same time. */
const caps = { host: 32, project: 10, builder: 10 };
const none = Number.POSITIVE_INFINITY;

process.env.PATH = await labPath();
const postgres = await step("start PostgreSQL", () => startPostgres());
const url = await postgres.newDatabase();
const log = createLog("error", (line) => process.stderr.write(line));
const databases = await Promise.all(
  [1, 2, 3, 4].map((host) => openDatabase(url, { name: `host-${host}`, stateId: `state-${host}` }, log)),
);
const hosts = databases.map(
  ({ builds }) =>
    new SharedQueue(builds.team.places, {
      ...caps,
      waiting: none,
      builder: () => caps.builder,
      shared: () => ({ weight: 1, runningBuilds: none, queuedBuilds: none }),
    }),
);
try {
  const begun = performance.now();
  const most = await claimPlaces(hosts, claims);
  const seconds = (performance.now() - begun) / 1000;
  for (const key of ["host", "project", "builder"] as const)
    assert.ok(most[key] <= caps[key], `${key}: ${most[key]}`);
  process.stdout.write(
    `${claims} claims by ${hosts.length} hosts in ${seconds.toFixed(1)} s: ${Math.round(claims / seconds)} a second\n`,
  );
} finally {
  for (const host of hosts) host.close();
  await Promise.all(databases.map((database) => database.close()));
  await postgres.stop();
}
