import type { Log } from "../base/log.js";
import { Connections } from "./connections.js";
import { readDatabaseUrl } from "./database-url.js";
import { exposureOf } from "./exposure.js";
import { type HostIdentity, HostLease } from "./host-lease.js";
import { migrate } from "./migrations.js";
import { Notifications } from "./notifications.js";
import { SharedBuilds } from "./shared-builds.js";
import { SharedPlaces } from "./shared-places.js";

/** A database that several hosts use. */
export interface Database {
  readonly builds: SharedBuilds;
  /** Leaves the builds that wait to the other hosts. */
  close(): Promise<void>;
}

/**
 * Opens a PostgreSQL database, creates or upgrades its tables, and enters the host. Rejects with a typed error:
 * DATABASE_URL_INVALID, DATABASE_UNAVAILABLE, DATABASE_UNUSABLE, DATABASE_VERSION_UNKNOWN, HOST_NAME_TAKEN.
 */
export async function openDatabase(given: string, identity: HostIdentity, log: Log): Promise<Database> {
  const url = readDatabaseUrl(given);
  const connections = new Connections(url);
  let notifications: Notifications | undefined;
  try {
    await connections.transaction((query) => migrate(query, url.name));
    let lease: HostLease | undefined;
    const mayJudge = () => lease?.mayJudge ?? false;
    const places = new SharedPlaces(connections, identity.stateId, mayJudge);
    notifications = new Notifications(connections, {
      onCancelled: () => void builds.checkClaims().catch(() => {}),
      onPlaces: (stateId) => places.given(stateId),
    });
    const builds = new SharedBuilds({
      connections,
      identity,
      notifications,
      places,
      log,
      mayJudge,
    });
    lease = await HostLease.enter(connections, identity, log, () => builds.turn());
    log.info("Builds are in a database", { database: url.name, host: identity.name });
    const why = exposureOf(url);
    if (why) log.warn("Others on the network can reach the connection to the database", { why });
    const opened = { lease, notifications };
    const close = async () => {
      builds.close();
      // Without it the other hosts wait until the lease has expired.
      await opened.lease.leave().catch(() => {});
      await opened.notifications.close();
      await connections.close();
    };
    return { builds, close };
  } catch (cause) {
    await notifications?.close();
    await connections.close();
    throw cause;
  }
}
