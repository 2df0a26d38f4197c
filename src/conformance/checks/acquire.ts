import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { BuildkitClient } from "../../buildkit/client.js";
import { connectBuildkit } from "../../buildkit/client.js";
import { clientPreface } from "../../network/http2-preface.js";
import { openTunnel } from "../../plugin-client/tunnel.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { withTimeout } from "../../util/with-timeout.js";
import { mustCarryBulk } from "../bulk.js";
import { type Check, type Condition, has, needs } from "../check.js";
import { withLease } from "../leases.js";
import { must } from "../report/violation.js";

/** How long bulk data may take, in milliseconds. */
const bulkMs = 120_000;
/** How long BuildKit may take to answer, in milliseconds. */
const answerMs = 30_000;

async function mustAnswer(client: BuildkitClient): Promise<void> {
  try {
    const { record } = await client.control.listWorkers({}, { timeoutMs: answerMs });
    must(record.length > 0, "The leased BuildKit has no workers.");
  } finally {
    await client.close();
  }
}

/** Opens an HTTP/2 connection and half-closes it after BuildKit's preface; BuildKit must end the other direction. */
async function mustPassHalfClose(stream: Duplex): Promise<void> {
  stream.on("error", () => {});
  try {
    stream.write(clientPreface);
    must(await happens(stream, "data"), "BuildKit's HTTP/2 preface did not arrive.");
    stream.resume().end();
    must(await happens(stream, "end"), "BuildKit's end did not arrive after a half-close.");
  } finally {
    stream.destroy();
  }
}

function happens(stream: Duplex, event: "data" | "end"): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), answerMs);
    const settle = (what: boolean) => () => {
      clearTimeout(timer);
      resolve(what);
    };
    stream.once(event, settle(true)).once("close", settle(false));
  });
}

/** The condition that the driver builds with BuildKit. */
export const leases: Condition = {
  text: `not ${capabilityIds.nativeBuild}`,
  missing: (subject) =>
    has(subject, capabilityIds.nativeBuild) ? "The driver builds without BuildKit." : undefined,
};

/** Sends bulk data in both directions, with a timeout. */
async function mustCarry(client: BuildkitClient): Promise<void> {
  const never = new AbortController();
  try {
    await withTimeout(bulkMs, never.signal, (signal) =>
      Promise.race([
        mustCarryBulk(client),
        once(signal, "abort").then(() =>
          must(false, `The bulk data was not transferred within ${bulkMs / 1000} s.`),
        ),
      ]),
    );
  } finally {
    await client.close();
  }
}

/** Checks of connections to BuildKit. */
export const acquireChecks: Check[] = [
  {
    id: "DRV-ACQUIRE",
    title: "BuildKit answers on several concurrent connections of a lease",
    rule: "leases",
    backend: true,
    when: leases,
    run: (subject) =>
      withLease(subject, async (lease) => {
        await Promise.all(Array.from({ length: 4 }, () => mustAnswer(lease.connect())));
      }),
  },
  {
    id: "DRV-ACQUIRE-HALF-CLOSE",
    title: "A connection of a lease passes on half-closes, and delivers all bytes before its end",
    rule: "leases",
    backend: true,
    when: leases,
    run: (subject) =>
      withLease(subject, async (lease) => mustPassHalfClose(await lease.open({ allowHalfOpen: true }))),
  },
  {
    id: "DRV-ACQUIRE-BULK",
    title: "A connection of a lease carries tens of MiB intact in both directions at once",
    rule: "leases",
    backend: true,
    when: leases,
    run: (subject) => withLease(subject, (lease) => mustCarry(lease.connect())),
  },
  {
    id: "DRV-TUNNEL",
    title: "Tunnel carries the same bytes, passes on half-closes, and ends with BuildKit's side",
    rule: "leases",
    backend: true,
    when: needs(capabilityIds.tunnel),
    run: (subject) =>
      withLease(subject, async ({ id }, client) => {
        const open = () => openTunnel(client, { driver: subject.driver.name, leaseId: id });
        await mustAnswer(connectBuildkit(open));
        await mustPassHalfClose(await open());
      }),
  },
  {
    id: "DRV-TUNNEL-BULK",
    title: "Tunnel carries tens of MiB intact in both directions at once",
    rule: "leases",
    backend: true,
    when: needs(capabilityIds.tunnel),
    run: (subject) =>
      withLease(subject, ({ id }, client) =>
        mustCarry(connectBuildkit(() => openTunnel(client, { driver: subject.driver.name, leaseId: id }))),
      ),
  },
];
