import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type {
  AcquireRequest,
  AcquireResponseSchema,
  TunnelStart,
} from "../gen/slipway/driver/v1/driver_pb.js";
import { capabilityIds } from "../plugin-protocol/capabilities.js";
import { isUuid } from "../util/uuid.js";
import type { AnyDriver } from "./driver.js";
import { driverError, requestError } from "./driver-error.js";
import type { DriverTable } from "./driver-table.js";
import { ServedLease } from "./served-lease.js";

/** The leases of a plugin. */
export class Leases {
  readonly #leases = new Map<string, { driver: AnyDriver; lease: ServedLease }>();
  #sockets = 0;

  /** @param folder for the sockets of leases; undefined when the host is on another machine */
  constructor(
    private readonly table: DriverTable,
    private readonly folder: string | undefined,
  ) {}

  /** A lease from its first event to the end of the driver's work for it. */
  async *acquire(
    request: AcquireRequest,
    signal: AbortSignal,
  ): AsyncGenerator<MessageInitShape<typeof AcquireResponseSchema>> {
    const { driver, config } = this.table.node(request);
    if (!driver.acquire) throw buildsAlone(driver.descriptor.name);
    const { context, credentials } = request;
    const id = context?.leaseId ?? "";
    if (!context || !isUuid(id))
      throw requestError("context.lease_id", "LEASE_ID_INVALID", "The id of the lease is not a UUID.");
    if (this.#leases.has(id)) throw leaseExists(id);
    const path = this.folder && join(this.folder, `lease${++this.#sockets}`);
    const lease = new ServedLease(context, credentials, path);
    this.#leases.set(id, { driver, lease });
    // At once: the driver may need some time for the release.
    lease.signal.addEventListener("abort", () => this.#leases.delete(id));
    const leave = () => lease.end();
    signal.addEventListener("abort", leave);
    if (signal.aborted) leave();
    try {
      for await (const event of lease.run((own) => driver.acquire(config, own))) yield { event };
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  /** Opens a stream for a tunnel; NOT_FOUND when the lease is unknown or has ended. */
  connect({ driver: name, leaseId }: TunnelStart, signal: AbortSignal): Promise<Duplex> {
    const driver = this.table.get(name);
    const found = this.#leases.get(leaseId);
    if (found?.driver === driver) return found.lease.connect(signal);
    throw driverError({
      code: Code.NotFound,
      reason: "LEASE_UNKNOWN",
      message: `The driver ${name} has no lease ${JSON.stringify(leaseId)}, or it has ended.`,
    });
  }

  /** Ends all leases, because the plugin ends. */
  close(): void {
    const loss = driverError({
      code: Code.Unavailable,
      reason: "PLUGIN_STOPPING",
      message: "The plugin is shutting down.",
    });
    for (const { lease } of [...this.#leases.values()]) lease.end(loss);
  }
}

function buildsAlone(driver: string) {
  return driverError({
    code: Code.Unimplemented,
    reason: "CAPABILITY_MISSING",
    message: `The driver ${driver} builds without BuildKit, so there is nothing to lease.`,
    metadata: { capability: capabilityIds.nativeBuild },
  });
}

function leaseExists(id: string) {
  return driverError({
    code: Code.AlreadyExists,
    reason: "LEASE_EXISTS",
    message: `A lease with the id ${id} exists.`,
    remedy: "Make a new UUID for each lease.",
  });
}
