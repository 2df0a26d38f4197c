import type { Query } from "./connections.js";
import { versionUnknown } from "./database-errors.js";
import { locks } from "./locks.js";
import { queueSchema } from "./queue-schema.js";

/**
 * The changes of the schema, in order; the version of a database is their number. Hosts of the version before still run
 * when a change is made, so a change only adds. Never change one that was released.
 */
const migrations: readonly string[] = [
  `CREATE TABLE slipway.hosts (
    name text PRIMARY KEY,
    -- The host's state folder.
    state_id text NOT NULL UNIQUE,
    -- Of the process.
    epoch uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    -- It has ended, and has no builds that run.
    released boolean NOT NULL DEFAULT false
  );
  CREATE TABLE slipway.builds (
    id text COLLATE "C" PRIMARY KEY,
    owner text NOT NULL,
    state int NOT NULL,
    builder text NOT NULL,
    -- slipway.v1.Build
    record bytea NOT NULL,
    -- slipway.state.v1.RestartRecord; none when the build has ended.
    restart bytea,
    request text UNIQUE,
    digest text,
    -- Which host has it, and how often a host has taken it: only who knows the number may write.
    host text NOT NULL,
    state_id text NOT NULL,
    claim int NOT NULL,
    -- It uses files of its host's machine.
    bound boolean NOT NULL,
    -- Why no host starts it again.
    cancelled text,
    over boolean NOT NULL DEFAULT false,
    -- Size of its events.
    bytes bigint NOT NULL DEFAULT 0,
    end_ms bigint NOT NULL DEFAULT 0
  );
  CREATE INDEX builds_unfinished ON slipway.builds (state_id) WHERE NOT over;
  CREATE INDEX builds_owner ON slipway.builds (owner, id);
  CREATE TABLE slipway.events (
    build text COLLATE "C" NOT NULL REFERENCES slipway.builds ON DELETE CASCADE,
    sequence bigint NOT NULL,
    -- slipway.v1.BuildEvent
    bytes bytea NOT NULL,
    PRIMARY KEY (build, sequence)
  );
  CREATE TABLE slipway.refs (
    ref text PRIMARY KEY,
    build text COLLATE "C" NOT NULL REFERENCES slipway.builds ON DELETE CASCADE
  );
  CREATE INDEX refs_build ON slipway.refs (build);`,
  `ALTER TABLE slipway.builds ADD COLUMN project text NOT NULL DEFAULT '';
  CREATE INDEX builds_project ON slipway.builds (project, id) WHERE project <> '';`,
  // slipway.state.v1.SealedBytes: how other hosts reach it.
  "ALTER TABLE slipway.hosts ADD COLUMN advertisement bytea",
  queueSchema,
];

/**
 * Brings a database to this version, all or nothing. One host at a time does it. FAILED_PRECONDITION, reason
 * DATABASE_VERSION_UNKNOWN, for a later version.
 * @param query in a transaction
 */
export async function migrate(query: Query, database: string): Promise<void> {
  await query("SELECT pg_advisory_xact_lock($1)", [locks.migration]);
  const [table] = await query("SELECT to_regclass('slipway.version') IS NOT NULL AS exists");
  if (!table!.exists) {
    await query("CREATE SCHEMA IF NOT EXISTS slipway");
    await query("CREATE TABLE slipway.version AS SELECT 0 AS version");
  }
  const [row] = await query<{ version: number }>("SELECT version FROM slipway.version");
  const { version } = row!;
  if (version > migrations.length) throw versionUnknown(database, version, migrations.length);
  if (version === migrations.length) return;
  for (const migration of migrations.slice(version)) await query(migration);
  await query("UPDATE slipway.version SET version = $1", [migrations.length]);
}
