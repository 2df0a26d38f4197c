import { randomUUID } from "node:crypto";
import { readTypedError } from "../../errors/typed-error.js";
import type { Log } from "../base/log.js";
import type { Connections, Query } from "./connections.js";
import { nameTaken } from "./database-errors.js";

/** How long a host counts as alive after it was last seen, in milliseconds. */
export const leaseMs = 15_000;
/** How often a host shows that it lives, in milliseconds. */
const renewMs = 5_000;
/** How often it tries that while the database is away, in milliseconds. */
const retryMs = 1_000;
/** A longer gap between two renewals means that the database, or this host, was away, in milliseconds. */
const gapMs = 1.5 * renewMs;

/** PostgreSQL's code of an error. */
const uniqueViolation = "23505";

/** Who a host is. */
export interface HostIdentity {
  /** Unique among the hosts of a database. */
  readonly name: string;
  /** Of its state folder, which one process uses at a time. */
  readonly stateId: string;
  /** How other hosts reach it; undefined for one that they cannot reach. */
  advertise?(): Promise<Uint8Array>;
}

/** The row by which a host shows the others that it lives. All times are by the clock of the database. */
export class HostLease {
  readonly #connections: Connections;
  readonly #identity: HostIdentity;
  readonly #log: Log;
  readonly #onRenewed: () => Promise<void>;
  readonly #epoch = randomUUID();
  #renewedMs = 0;
  /** Since when it was renewed without a gap. */
  #steadyMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(
    connections: Connections,
    identity: HostIdentity,
    log: Log,
    onRenewed: () => Promise<void>,
  ) {
    this.#connections = connections;
    this.#identity = identity;
    this.#log = log;
    this.#onRenewed = onRenewed;
  }

  /**
   * Enters a host. FAILED_PRECONDITION, reason HOST_NAME_TAKEN, when another one of this name lives.
   * @param onRenewed called after each renewal
   */
  static async enter(
    connections: Connections,
    identity: HostIdentity,
    log: Log,
    onRenewed: () => Promise<void>,
  ): Promise<HostLease> {
    const lease = new HostLease(connections, identity, log, onRenewed);
    await lease.#enter();
    lease.#hasRenewed();
    lease.#plan(renewMs);
    return lease;
  }

  /**
   * Whether this host may say that others are dead: it has seen the database for as long as a lease lasts. After a time
   * in which nobody could reach the database, all leases have expired, and every host needs time to renew its own.
   */
  get mayJudge(): boolean {
    const now = performance.now();
    return now - this.#steadyMs >= leaseMs && now - this.#renewedMs <= gapMs;
  }

  async #enter(): Promise<void> {
    const { name, stateId } = this.#identity;
    const advertisement = await this.#identity.advertise?.();
    const entered = this.#connections.transaction(async (query) => {
      await requireFree(query, name, stateId);
      await query("DELETE FROM slipway.hosts WHERE state_id = $1 OR name = $2", [stateId, name]);
      await query(
        `INSERT INTO slipway.hosts (name, state_id, epoch, expires_at, advertisement)
          VALUES ($1, $2, $3, now() + $4 * interval '1 ms', $5)`,
        [name, stateId, this.#epoch, leaseMs, advertisement],
      );
    });
    await entered.catch((cause) => {
      // Another host of this name came at the same time.
      throw cause.code === uniqueViolation ? nameTaken(name) : cause;
    });
  }

  #plan(ms: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#renewing = this.#renew();
    }, ms);
  }

  /** Never rejects. */
  async #renew(): Promise<void> {
    try {
      const { name } = this.#identity;
      const rows = await this.#connections.query(
        `UPDATE slipway.hosts SET expires_at = now() + $3 * interval '1 ms', advertisement = $4
          WHERE name = $1 AND epoch = $2 RETURNING name`,
        [name, this.#epoch, leaseMs, await this.#identity.advertise?.()],
      );
      if (rows.length === 0) await this.#enter();
      this.#hasRenewed();
      this.#plan(renewMs);
      await this.#onRenewed();
    } catch (cause) {
      this.#renewedMs = 0;
      this.#log.warn("The other hosts do not see this one", { error: readTypedError(cause).message });
      clearTimeout(this.#timer);
      this.#plan(retryMs);
    }
  }

  #hasRenewed(): void {
    const now = performance.now();
    if (this.#renewedMs === 0 || now - this.#renewedMs > gapMs) this.#steadyMs = now;
    this.#renewedMs = now;
  }

  /** Tells the others that this host has ended. */
  async leave(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#renewing;
    // While the database is away, the lease expires.
    if (this.#renewedMs === 0) return;
    await this.#connections.query(
      "UPDATE slipway.hosts SET expires_at = now(), released = true WHERE name = $1 AND epoch = $2",
      [this.#identity.name, this.#epoch],
    );
  }
}

async function requireFree(query: Query, name: string, stateId: string): Promise<void> {
  const rows = await query(
    "SELECT FROM slipway.hosts WHERE name = $1 AND state_id <> $2 AND expires_at > now() FOR UPDATE",
    [name, stateId],
  );
  if (rows.length > 0) throw nameTaken(name);
}
