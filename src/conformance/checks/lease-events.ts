import { isAbsolute } from "node:path";
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { AcquireResponse, Endpoint, LeasePurpose } from "../../gen/slipway/driver/v1/driver_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { settlesWithin } from "../../util/settles-within.js";
import { isReason, mustBeTyped, mustSucceed } from "../call-outcome.js";
import { type Check, has } from "../check.js";
import { tryAcquire, withHeldLease } from "../leases.js";
import { must } from "../report/violation.js";
import type { Subject } from "../subject.js";
import { leases } from "./acquire.js";

/** How long a lease is watched after its node has gone, in milliseconds. */
const watchMs = 500;
/** A purpose of leases that a newer host may have. */
const newPurpose = 9_001 as LeasePurpose;

/** Throws unless an event is of a kind that the host knows and has what it needs. */
function mustBeWellFormed(subject: Subject, { case: kind, value }: AcquireResponse["event"], start: number) {
  const mustBeLater = (time: Timestamp | undefined, what: string) =>
    must(!time || timestampMs(time) >= start, `${what} was over before the lease began.`);
  must(kind, "An event of a lease is of an unknown kind.");
  if (kind === "endpoint") {
    mustLead(subject, value.address);
    mustBeLater(value.expireTime, "The expire_time of an endpoint");
  }
  if (kind !== "draining") return;
  must(isReason(value.reason), `The reason "${value.reason}" of draining is not in UPPER_SNAKE_CASE.`);
  must(value.message, `Draining with the reason ${value.reason} has no message.`);
  mustBeLater(value.endTime, "The end_time of draining");
}

function mustLead(subject: Subject, { case: kind, value }: Endpoint["address"]): void {
  must(kind, "An endpoint has no address of a known kind.");
  if (kind === "unix")
    must(isAbsolute(value.path), `The path "${value.path}" of an endpoint is not absolute.`);
  else if (kind === "tcp") must(value.host && value.port > 0, "A TCP endpoint has no host or no port.");
  else
    must(has(subject, capabilityIds.tunnel), "An endpoint is a tunnel, which the driver does not advertise.");
}

/** Stops and removes the node as far as the driver can. */
async function end(subject: Subject): Promise<void> {
  const { driver, node } = await subject.target();
  const request = { ...node, force: true };
  if (has(subject, capabilityIds.stopBuilders)) await driver.stop(request);
  if (has(subject, capabilityIds.createBuilders)) await driver.remove(request);
}

/** Checks of what a driver sends during a lease. */
export const leaseEventChecks: Check[] = [
  {
    id: "DRV-LEASE-EVENTS",
    title: "The events of a lease are complete, and one that ends with its node ends with a reason",
    rule: "leases",
    backend: true,
    when: leases,
    async run(subject) {
      await withHeldLease(subject, async (lease) => {
        await end(subject);
        // The driver need not notice the end of the node; its connections do.
        const isLost = await settlesWithin(watchMs, lease.ended);
        for (const event of lease.events) mustBeWellFormed(subject, event, lease.start);
        if (isLost) {
          const loss = await lease.ended;
          must(loss, "After the end of its node, Acquire ended without an error.");
          mustBeTyped("Acquire after the end of its node", loss);
        }
      });
      await subject.bootstrap();
    },
  },
  {
    id: "DRV-LEASE-PURPOSE",
    title: "Acquire with a purpose that the plugin does not know leases as for a build",
    rule: "leases",
    backend: true,
    when: leases,
    async run(subject) {
      await subject.bootstrap();
      const { driver, node } = await subject.target();
      const call = tryAcquire(driver, node, { purpose: newPurpose });
      await mustSucceed("Acquire with an unknown purpose", call);
    },
  },
];
