import { setTimeout as sleep } from "node:timers/promises";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { RestartRecordSchema } from "../../gen/slipway/state/v1/restart_record_pb.js";
import { type BuildEvent, BuildEventSchema } from "../../gen/slipway/v1/build_event_pb.js";
import { type Build, BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { KeyedMutex } from "../../util/keyed-mutex.js";
import type { Log } from "../base/log.js";
import type { BuildFilter, IndexEntry, KeptTotal } from "../store/build-index.js";
import type {
  BuildHost,
  BuildStore,
  LeftBuild,
  NewBuild,
  StoredEvent,
  Team,
  TeamListener,
} from "../store/build-store.js";
import { handedOver } from "../store/handed-over.js";
import { buildTakenOver } from "../store/taken-over.js";
import type { TeamPlaces } from "../store/team-places.js";
import type { Connections } from "./connections.js";
import { isUnavailable } from "./database-errors.js";
import type { HostIdentity } from "./host-lease.js";
import { locks } from "./locks.js";
import type { Notifications } from "./notifications.js";

/** How long what a running build records is kept for a database that is away, in milliseconds. */
const keepMs = 600_000;
/** How often it is written again meanwhile, in milliseconds. */
const rewriteMs = 500;
/** Builds, and events, that are read at the same time. */
const pageSize = { builds: 50, events: 200 };
/** How much longer builds that use files of their host's machine wait for it, in milliseconds. */
const boundMs = 120_000;

/** What {@link SharedBuilds} works with. */
export interface SharedBuildsOptions {
  readonly connections: Connections;
  readonly identity: HostIdentity;
  readonly notifications: Notifications;
  readonly places: TeamPlaces;
  readonly log: Log;
  /** Whether this host may say that others are dead. */
  mayJudge(): boolean;
}

interface EntryRow {
  id: string;
  request: string | null;
  bytes: string;
  end_ms: string;
}

interface HostRow {
  host: string;
  state_id: string;
  advertisement: Uint8Array | null;
}

interface BuildRow {
  id: string;
  record: Uint8Array;
}

interface LeftRow extends BuildRow {
  restart: Uint8Array | null;
  claim: number;
  cancelled: string | null;
  before: string;
  before_state: string;
}

/**
 * The records of builds in a database that several hosts use. A build belongs to one host at a time. A host that takes one
 * over counts up its claim, and only who knows the number of the claim may write: so nothing is stored of what a host did
 * that was only paused.
 */
export class SharedBuilds implements BuildStore, Team {
  readonly #options: SharedBuildsOptions;
  /** The unfinished builds of this host, each with the number of its claim. */
  readonly #claims = new Map<string, number>();
  /** New builds of which this host does not know whether they were stored; their clients have got an error. */
  readonly #doubtful = new Set<string>();
  /** Builds that cannot be read, each of which was logged. */
  readonly #unreadable = new Set<string>();
  /** What is written of a build is written in order. */
  readonly #writes = new KeyedMutex();
  readonly #closed = new AbortController();
  #listener: TeamListener | undefined;
  #kept = 0;

  constructor(options: SharedBuildsOptions) {
    this.#options = options;
  }

  get team(): Team {
    return this;
  }

  get places(): TeamPlaces {
    return this.#options.places;
  }

  #query<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    return this.#options.connections.query<Row>(text, values);
  }

  // Reading

  async get(id: string): Promise<Build | undefined> {
    if (!isText(id)) return undefined;
    return this.#read(await this.#query("SELECT id, record FROM slipway.builds WHERE id = $1", [id]))[0];
  }

  async ofReference(ref: string): Promise<Build | undefined> {
    if (!isText(ref)) return undefined;
    const text = `SELECT id, record FROM slipway.builds
      WHERE id = $1 OR id = (SELECT build FROM slipway.refs WHERE ref = $1)`;
    return this.#read(await this.#query(text, [ref]))[0];
  }

  async ofRequest(requestId: string): Promise<{ build: string; digest?: string } | undefined> {
    const text = "SELECT id AS build, digest FROM slipway.builds WHERE request = $1";
    return (await this.#query<{ build: string; digest: string }>(text, [requestId]))[0];
  }

  async *list(
    { viewer, project, owner, states = [], builder }: BuildFilter = {},
    before?: string,
  ): AsyncGenerator<Build> {
    if (![builder, project, owner, before].every(isText)) return;
    const text = `SELECT id, record FROM slipway.builds
      WHERE ($1::text IS NULL OR (owner = $1 AND project = '') OR (project <> '' AND project = ANY($2)))
        AND ($3::text IS NULL OR project = $3) AND ($4::int[] = '{}' OR state = ANY($4))
        AND ($5::text IS NULL OR builder = $5) AND ($6::text IS NULL OR owner = $6)
        AND ($7::text IS NULL OR id < $7)
      ORDER BY id DESC LIMIT $8`;
    const wanted = [viewer?.owner, viewer?.projects ?? [], project, states, builder, owner];
    for (let last = before; ; ) {
      const rows = await this.#query<BuildRow>(text, [...wanted, last, pageSize.builds]);
      yield* this.#read(rows);
      if (rows.length < pageSize.builds) return;
      last = rows.at(-1)!.id;
    }
  }

  async newest(): Promise<string | undefined> {
    return (
      (await this.#query<{ id: string }>("SELECT max(id) AS id FROM slipway.builds", []))[0]!.id ?? undefined
    );
  }

  get kept(): number {
    return this.#kept;
  }

  async totals(): Promise<Map<string, KeptTotal>> {
    const text =
      "SELECT owner, count(*) AS builds, sum(bytes) AS bytes FROM slipway.builds WHERE over GROUP BY owner";
    const rows = await this.#query<{ owner: string; builds: string; bytes: string }>(text, []);
    this.#kept = rows.reduce((sum, row) => sum + Number(row.builds), 0);
    return new Map(rows.map((row) => [row.owner, { builds: Number(row.builds), bytes: Number(row.bytes) }]));
  }

  async *oldest(owner: string): AsyncGenerator<[id: string, entry: IndexEntry]> {
    const text = `SELECT id, request, bytes, end_ms FROM slipway.builds
      WHERE owner = $1 AND over AND id > $2 ORDER BY id LIMIT $3`;
    for (let last = ""; ; ) {
      const rows = await this.#query<EntryRow>(text, [owner, last, pageSize.builds]);
      for (const { id, request, bytes, end_ms } of rows)
        yield [id, { ...(request && { request }), bytes: Number(bytes), endMs: Number(end_ms) }];
      if (rows.length < pageSize.builds) return;
      last = rows.at(-1)!.id;
    }
  }

  async *events(build: string, from: number, to: number): AsyncGenerator<BuildEvent> {
    const text = `SELECT bytes FROM slipway.events
      WHERE build = $1 AND sequence BETWEEN $2 AND $3 ORDER BY sequence LIMIT $4`;
    for (let next = from; next <= to; ) {
      const rows = await this.#query<{ bytes: Uint8Array }>(text, [build, next, to, pageSize.events]);
      for (const { bytes } of rows) {
        const event = fromBinary(BuildEventSchema, bytes);
        if (Number(event.sequence) !== next) return;
        yield event;
        next++;
      }
      if (rows.length < pageSize.events) return;
    }
  }

  async eventsOf(build: string): Promise<{ last: number; bytes: number }> {
    const text = `SELECT coalesce(max(sequence), 0) AS last, coalesce(sum(length(bytes)), 0) AS bytes
      FROM slipway.events WHERE build = $1`;
    const [row] = await this.#query<{ last: string; bytes: string }>(text, [build]);
    return { last: Number(row!.last), bytes: Number(row!.bytes) };
  }

  /** The builds in rows, without those that cannot be read. */
  #read(rows: readonly BuildRow[]): Build[] {
    return rows.flatMap((row) => this.#decode(row.id, () => buildIn(row)) ?? []);
  }

  /** Undefined for what cannot be read: it hides no other build. */
  #decode<T>(build: string, decode: () => T): T | undefined {
    try {
      return decode();
    } catch (cause) {
      if (!this.#unreadable.has(build))
        this.#options.log.error("A build in the database cannot be read", { build, error: String(cause) });
      this.#unreadable.add(build);
      return undefined;
    }
  }

  // Writing

  async add(build: Build, { request, restart, isBound = false }: NewBuild = {}): Promise<void> {
    const { name, stateId } = this.#options.identity;
    const text = `INSERT INTO slipway.builds
      (id, owner, project, state, builder, record, restart, request, digest, host, state_id, claim, bound)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12)`;
    this.#claims.set(build.id, 1);
    try {
      await this.#query(text, [
        build.id,
        build.owner,
        build.project,
        build.state,
        build.builder,
        toBinary(BuildSchema, build),
        restart && toBinary(RestartRecordSchema, restart),
        request?.id,
        request?.digest,
        name,
        stateId,
        isBound,
      ]);
    } catch (cause) {
      this.#claims.delete(build.id);
      if (isUnavailable(cause)) this.#doubtful.add(build.id);
      throw cause;
    }
  }

  async put(build: Build): Promise<void> {
    const text = `WITH changed AS (
        UPDATE slipway.builds SET record = $3, state = $4 WHERE id = $1 AND claim = $2 AND NOT over RETURNING id),
      named AS (
        INSERT INTO slipway.refs SELECT ref, id FROM changed, unnest($5::text[]) AS ref ON CONFLICT DO NOTHING)
      SELECT pg_notify('slipway_changed', id) FROM changed`;
    const refs = build.refs.filter((ref) => ref !== build.id);
    await this.#write(build.id, keepMs, text, [toBinary(BuildSchema, build), build.state, refs]);
  }

  async handOver(build: Build): Promise<void> {
    // No other host changes what is stored for the next one.
    const select = "SELECT restart FROM slipway.builds WHERE id = $1";
    const [row] = await this.#query<{ restart: Uint8Array | null }>(select, [build.id]);
    const restart = row?.restart ? handedOver(fromBinary(RestartRecordSchema, row.restart)) : undefined;
    const text = `WITH changed AS (
        UPDATE slipway.builds SET record = $3, state = $4, restart = $5
        WHERE id = $1 AND claim = $2 AND NOT over RETURNING id)
      SELECT pg_notify('slipway_changed', id) FROM changed`;
    const values = [
      toBinary(BuildSchema, build),
      build.state,
      restart && toBinary(RestartRecordSchema, restart),
    ];
    await this.#write(build.id, 0, text, values);
  }

  async putEvents(build: string, events: readonly StoredEvent[]): Promise<void> {
    // The lock keeps a host from taking the build over in between.
    const text = `WITH owned AS (SELECT id FROM slipway.builds WHERE id = $1 AND claim = $2 AND NOT over FOR SHARE),
      added AS (
        INSERT INTO slipway.events SELECT id, sequence, bytes
        FROM owned, unnest($3::bigint[], $4::bytea[]) AS event (sequence, bytes) ON CONFLICT DO NOTHING)
      SELECT pg_notify('slipway_changed', id) FROM owned`;
    await this.#write(build, keepMs, text, columns(events));
  }

  async end(build: Build, events: readonly StoredEvent[], bytes: number): Promise<void> {
    const text = `WITH ended AS (
        UPDATE slipway.builds SET record = $5, state = $6, bytes = $7, end_ms = $8, restart = NULL, over = true
        WHERE id = $1 AND claim = $2 RETURNING id),
      added AS (
        INSERT INTO slipway.events SELECT id, sequence, bytes
        FROM ended, unnest($3::bigint[], $4::bytea[]) AS event (sequence, bytes) ON CONFLICT DO NOTHING)
      SELECT pg_notify('slipway_changed', id) FROM ended`;
    const endMs = build.endTime ? timestampMs(build.endTime) : 0;
    const values = [...columns(events), toBinary(BuildSchema, build), build.state, bytes, endMs];
    // The caller keeps the build, and tries again later.
    await this.#write(build.id, 0, text, values);
    this.#claims.delete(build.id);
  }

  /** Writes what only the host of a build may write, and tries that for so long. */
  #write(build: string, limitMs: number, text: string, values: readonly unknown[]): Promise<void> {
    return this.#writes.runExclusive(build, undefined, async () => {
      for (const until = performance.now() + limitMs; ; ) {
        const claim = this.#claims.get(build);
        if (claim === undefined) throw buildTakenOver(build);
        try {
          const rows = await this.#query(text, [build, claim, ...values]);
          if (rows.length > 0) return;
        } catch (cause) {
          if (!isUnavailable(cause) || performance.now() > until || this.#closed.signal.aborted) throw cause;
          await sleep(rewriteMs, undefined, { signal: this.#closed.signal }).catch(() => {});
          continue;
        }
        this.#lose(build);
        throw buildTakenOver(build);
      }
    });
  }

  async preventRestart(id: string, obstacle: string): Promise<void> {
    const text = `WITH cancelled AS (
        UPDATE slipway.builds SET cancelled = $2 WHERE id = $1 AND NOT over RETURNING id)
      SELECT pg_notify('slipway_cancelled', id) FROM cancelled`;
    await this.#query(text, [id, obstacle]);
  }

  async remove(id: string): Promise<void> {
    await this.#query("DELETE FROM slipway.builds WHERE id = $1", [id]);
  }

  // Other hosts

  listen(listener: TeamListener): void {
    this.#listener = listener;
  }

  /** Looks at what other hosts did with the builds of this one, and lets the listener take over others. */
  async turn(): Promise<void> {
    await this.checkClaims();
    this.#listener?.onTurn();
  }

  /** Tells the listener which builds of this host were taken over, or cancelled. */
  async checkClaims(): Promise<void> {
    const known = [...this.#claims];
    if (known.length === 0) return;
    const rows = await this.#query<{ id: string; claim: number; cancelled: string | null }>(
      "SELECT id, claim, cancelled FROM slipway.builds WHERE id = ANY($1)",
      [known.map(([id]) => id)],
    );
    const found = new Map(rows.map((row) => [row.id, row]));
    for (const [id, claim] of known) {
      const row = found.get(id);
      // A new one that is not stored yet is not there.
      if (row && row.claim !== claim && this.#claims.get(id) === claim) this.#lose(id);
      else if (row?.cancelled) this.#listener?.onCancelled(id, row.cancelled);
    }
  }

  #lose(id: string): void {
    this.#claims.delete(id);
    this.#listener?.onTakenOver(id);
  }

  async takeLeft(): Promise<LeftBuild[]> {
    const { connections, identity, mayJudge } = this.#options;
    const { name, stateId } = identity;
    // A build of this state folder that this host does not know is of an earlier process, or one whose answer was lost.
    const text = `WITH found AS (
        SELECT b.id, b.host, b.state_id FROM slipway.builds b LEFT JOIN slipway.hosts h ON h.state_id = b.state_id
        WHERE NOT b.over AND CASE
          WHEN b.state_id = $1 THEN NOT b.id = ANY($2)
          WHEN h.name IS NULL THEN true
          ELSE (h.released OR $3) AND h.expires_at + CASE WHEN b.bound THEN $4 ELSE 0 END * interval '1 ms' < now()
        END FOR UPDATE OF b)
      UPDATE slipway.builds b SET claim = b.claim + 1, host = $5, state_id = $1 FROM found WHERE b.id = found.id
      RETURNING b.id, b.record, b.restart, b.claim, b.cancelled, found.host AS before, found.state_id AS before_state`;
    const rows = await connections.transaction(async (query) => {
      await query("SELECT pg_advisory_xact_lock($1)", [locks.takeover]);
      const known = [...this.#claims.keys()];
      return query<LeftRow>(text, [stateId, known, mayJudge(), boundMs, name]);
    });
    // One that cannot be read is this host's, too: otherwise it would be taken over again and again.
    for (const { id, claim } of rows) this.#claims.set(id, claim);
    return rows.flatMap((row) => this.#left(row) ?? []).sort((a, b) => (a.build.id < b.build.id ? -1 : 1));
  }

  /** Undefined for a build that cannot be read. */
  #left(row: LeftRow): LeftBuild | undefined {
    const { id, restart, cancelled, before, before_state } = row;
    const [build] = this.#read([row]);
    if (!build) return undefined;
    const stored = restart ? this.#decode(id, () => fromBinary(RestartRecordSchema, restart)) : undefined;
    const isDoubtful = this.#doubtful.delete(id);
    const fault = restart && !stored ? "What was stored of it cannot be read." : cancelled;
    const obstacle = isDoubtful ? "Whether it was stored was not known." : fault;
    return {
      build,
      record: obstacle ? create(RestartRecordSchema, { obstacle, bake: stored?.bake }) : stored,
      host: before_state === this.#options.identity.stateId ? undefined : before,
    };
  }

  leave(id: string): void {
    this.#claims.delete(id);
  }

  async hostOf(id: string): Promise<BuildHost | undefined> {
    const text = `SELECT b.host, b.state_id, h.advertisement FROM slipway.builds b
      LEFT JOIN slipway.hosts h ON h.state_id = b.state_id WHERE b.id = $1`;
    const [row] = await this.#query<HostRow>(text, [id]);
    return row && { name: row.host, stateId: row.state_id, advertisement: row.advertisement ?? undefined };
  }

  changesOf(id: string) {
    return this.#options.notifications.changesOf(id);
  }

  async alone(work: () => Promise<void>): Promise<void> {
    try {
      await this.#options.connections.transaction(async (query) => {
        const [lock] = await query("SELECT pg_try_advisory_xact_lock($1) AS got", [locks.alone]);
        if (lock!.got) await work();
      });
    } catch (cause) {
      // A later call does it.
      if (!isUnavailable(cause)) throw cause;
    }
  }

  /** Writes nothing again from now on. */
  close(): void {
    this.#closed.abort();
  }
}

/** Whether PostgreSQL can compare with a text: no text there has a NUL. */
const isText = (text = "") => !text.includes("\0");

/** Throws for a record that is none, or that of another build. */
function buildIn({ id, record }: BuildRow): Build {
  const build = fromBinary(BuildSchema, record);
  if (build.id !== id) throw new Error(`the record is that of build ${JSON.stringify(build.id)}`);
  return build;
}

function columns(events: readonly StoredEvent[]): [number[], Uint8Array[]] {
  return [events.map(({ sequence }) => sequence), events.map(({ bytes }) => bytes)];
}
