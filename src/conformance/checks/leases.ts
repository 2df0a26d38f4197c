import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { settlesWithin } from "../../util/settles-within.js";
import { failureOf, mustFail } from "../call-outcome.js";
import { type Check, needs } from "../check.js";
import { contextOf, type HeldLease, holdLease, tryAcquire, withHeldLease } from "../leases.js";
import { must } from "../report/violation.js";
import { collect, streamOf } from "../streams.js";
import type { Subject } from "../subject.js";
import { leases } from "./acquire.js";

/** How long a driver may take to release what belongs to a lease, in milliseconds. */
const releaseMs = 10_000;
/** How long a lease is watched that must stay, in milliseconds. */
const stayMs = 500;

async function mustStay(held: HeldLease[], when: string): Promise<void> {
  const ended = Promise.race(held.map((lease) => lease.ended));
  must(!(await settlesWithin(stayMs, ended)), `Acquire ended ${when}.`);
}

/** Waits until a call shows that a lease has ended. */
async function mustEnd(hasEnded: () => Promise<boolean>, when: string): Promise<void> {
  const start = performance.now();
  while (!(await hasEnded())) {
    const late = performance.now() - start > releaseMs;
    must(!late, `A lease still exists ${releaseMs / 1000} s after ${when}.`);
    await sleep(50);
  }
}

/** Waits until the id of a lease is free. */
async function mustFree(subject: Subject, id: string, when: string): Promise<void> {
  const { driver, node } = await subject.target();
  const again = () => failureOf(tryAcquire(driver, node, { id }));
  await mustEnd(async () => (await again())?.reason !== "LEASE_EXISTS", when);
}

/** Checks of the life of a lease. */
export const leaseChecks: Check[] = [
  {
    id: "DRV-LEASE-ID",
    title: "Acquire refuses the id of a lease that exists, and an id that is no UUID",
    rule: "leases",
    backend: true,
    when: leases,
    async run(subject) {
      const { driver, node } = await withHeldLease(subject, async ({ id }, target) => {
        const again = { code: Code.AlreadyExists, reason: "LEASE_EXISTS" };
        await mustFail(
          "Acquire with the id of a lease",
          holdLease(target.driver, target.node, { id }),
          again,
        );
        return target;
      });
      const invalid = { code: Code.InvalidArgument, reason: "LEASE_ID_INVALID" };
      for (const id of ["", "conformance"]) {
        const call = collect(driver.acquire({ ...node, context: contextOf(id) }));
        await mustFail(`Acquire with the lease id "${id}"`, call, invalid);
      }
    },
  },
  {
    id: "DRV-LEASE-HOLD",
    title: "Several leases of a node exist at once, and each stays until the host releases it",
    rule: "leases",
    backend: true,
    when: leases,
    async run(subject) {
      await subject.bootstrap();
      const { driver, node } = await subject.target();
      const held = await Promise.all(Array.from({ length: 3 }, () => holdLease(driver, node)));
      const [first, ...others] = held;
      try {
        await mustStay(held, "before the host released the lease");
        first!.release();
        await mustStay(others, "with the release of another lease");
      } finally {
        for (const lease of held) lease.release();
      }
    },
  },
  {
    id: "DRV-LEASE-RELEASE",
    title: "A cancelled Acquire ends its lease within 10 s",
    rule: "leases",
    backend: true,
    when: leases,
    async run(subject) {
      await subject.bootstrap();
      const { driver, node } = await subject.target();
      const lease = await holdLease(driver, node);
      lease.release();
      await mustFree(subject, lease.id, "its release");
    },
  },
  {
    id: "DRV-LEASE-BROKEN",
    title: "The leases of a connection that breaks end within 10 s",
    rule: "leases",
    backend: true,
    when: leases,
    async run(subject) {
      await subject.bootstrap();
      const node = await subject.node();
      const { process } = await subject.processes.shared();
      const { connection, driver } = await process.connect();
      try {
        const { id } = await holdLease(driver, node);
        connection.close();
        await mustFree(subject, id, "the end of the host's connection");
      } finally {
        connection.close();
      }
    },
  },
  {
    id: "DRV-TUNNEL-LEASE",
    title: "A tunnel of an unknown lease, or of one that has ended, fails with NOT_FOUND",
    rule: "leases",
    backend: true,
    when: needs(capabilityIds.tunnel),
    async run(subject) {
      await subject.bootstrap();
      const { driver, node } = await subject.target();
      const tunnel = (leaseId: string) =>
        collect(
          driver.tunnel(
            streamOf({ part: { case: "start" as const, value: { driver: node.driver, leaseId } } }),
          ),
        );
      const expected = { code: Code.NotFound, reason: "LEASE_UNKNOWN" };
      await mustFail("Tunnel of an unknown lease", tunnel(randomUUID()), expected);
      const lease = await holdLease(driver, node);
      lease.release();
      const isUnknown = async () => (await failureOf(tunnel(lease.id)))?.reason === expected.reason;
      await mustEnd(isUnknown, "its release");
    },
  },
];
