import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CallOptions, Client } from "@connectrpc/connect";
import {
  type AcquireRequestSchema,
  type DriverService,
  LeasePurpose,
} from "../gen/slipway/driver/v1/driver_pb.js";
import { Lease } from "../plugin-client/lease.js";
import { failureOf } from "./call-outcome.js";
import { must } from "./report/violation.js";
import type { Subject } from "./subject.js";

/** A node and its driver. */
type Target = Pick<MessageInitShape<typeof AcquireRequestSchema>, "driver" | "config">;

/** A lease on the wire, from its first endpoint on. */
export interface HeldLease {
  id: string;
  /** Resolves when the call has ended, which it must not do before the release. */
  ended: Promise<void>;
  release(): void;
}

/** A lease with one of the kit's ids and any purpose. */
export const contextOf = (leaseId: string) => ({ leaseId, purpose: LeasePurpose.BUILD });

/** Calls Acquire and waits for the first endpoint. Rejects as the call does. */
export async function holdLease(
  client: Client<typeof DriverService>,
  target: Target,
  { id = randomUUID(), ...options }: CallOptions & { id?: string } = {},
): Promise<HeldLease> {
  const abort = new AbortController();
  const request = { ...target, context: contextOf(id) };
  const events = client.acquire(request, { ...options, signal: abort.signal })[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await events.next();
    must(!done, "Acquire ended without an endpoint and without an error.");
    if (value.event.case === "endpoint") break;
  }
  const rest = async () => {
    while (!(await events.next()).done);
  };
  return { id, ended: failureOf(rest()).then(() => {}), release: () => abort.abort() };
}

/** Acquires a lease and releases it at once. Rejects as Acquire does. */
export async function tryAcquire(
  client: Client<typeof DriverService>,
  target: Target,
  options?: Parameters<typeof holdLease>[2],
): Promise<void> {
  const lease = await holdLease(client, target, options);
  lease.release();
}

/** Boots the node, leases it as a host does, and releases the lease after the work. */
export async function withLease<T>(
  subject: Subject,
  work: (lease: Lease, client: Client<typeof DriverService>) => Promise<T>,
): Promise<T> {
  await subject.bootstrap();
  const { driver, node } = await subject.target();
  const plugin = { descriptor: subject.driver, driver };
  const lease = await Lease.acquire(plugin, node.config, { purpose: LeasePurpose.BUILD });
  try {
    return await work(lease, driver);
  } finally {
    lease.release();
  }
}
