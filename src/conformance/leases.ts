import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CallOptions, Client } from "@connectrpc/connect";
import type { TypedError } from "../errors/typed-error.js";
import {
  type AcquireRequestSchema,
  type AcquireResponse,
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
  /** When the host asked for it, in milliseconds since 1970. */
  start: number;
  /** What the driver has sent so far. */
  events: AcquireResponse["event"][];
  /** Resolves when the call has ended, with its error. */
  ended: Promise<TypedError | undefined>;
  release(): void;
}

/** The context of a lease with one of the kit's ids. */
export const contextOf = (leaseId: string, purpose = LeasePurpose.BUILD) => ({ leaseId, purpose });

/** Calls Acquire and waits for the first endpoint. Rejects as the call does. */
export async function holdLease(
  client: Client<typeof DriverService>,
  target: Target,
  { id = randomUUID(), purpose, ...options }: CallOptions & { id?: string; purpose?: LeasePurpose } = {},
): Promise<HeldLease> {
  const abort = new AbortController();
  const request = { ...target, context: contextOf(id, purpose) };
  const start = Date.now();
  const responses = client.acquire(request, { ...options, signal: abort.signal })[Symbol.asyncIterator]();
  const events: HeldLease["events"] = [];
  const next = async () => {
    const { done, value } = await responses.next();
    if (!done) events.push(value.event);
    return !done;
  };
  do must(await next(), "Acquire ended without an endpoint and without an error.");
  while (events.at(-1)?.case !== "endpoint");
  const rest = async () => {
    while (await next());
  };
  return { id, start, events, ended: failureOf(rest()), release: () => abort.abort() };
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

/** Boots the node, holds a lease on the wire, and releases it after the work. */
export async function withHeldLease<T>(
  subject: Subject,
  work: (lease: HeldLease, target: Awaited<ReturnType<Subject["target"]>>) => Promise<T>,
): Promise<T> {
  await subject.bootstrap();
  const target = await subject.target();
  const lease = await holdLease(target.driver, target.node);
  try {
    return await work(lease, target);
  } finally {
    lease.release();
  }
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
