import type { RestartRecord } from "../../gen/slipway/state/v1/restart_record_pb.js";
import type { BuildEvent } from "../../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../../gen/slipway/v1/build_pb.js";
import type { BuildFilter, IndexEntry, KeptTotal } from "./build-index.js";
import type { BuilderRecords } from "./builder-records.js";
import type { TeamPlaces } from "./team-places.js";

/** At once from a file of this machine, or later from a database. */
export type Awaitable<T> = T | Promise<T>;

/** The request that started a build. */
export interface BuildRequest {
  /** Unique among all principals. */
  id: string;
  /** Of its content, without secrets. */
  digest: string;
}

/** An event as it is stored. */
export interface StoredEvent {
  sequence: number;
  /** The {@link BuildEvent} in binary form. */
  bytes: Uint8Array;
}

/** A build that a host has left unfinished. */
export interface LeftBuild {
  readonly build: Build;
  /** Undefined from a host that stored nothing. */
  readonly record: RestartRecord | undefined;
  /** Name of that host, if it had another state folder than this one. */
  readonly host?: string;
}

/** What is stored with a new build. */
export interface NewBuild {
  /** The request that started it. */
  readonly request?: BuildRequest;
  /** What another host needs to run it. */
  readonly restart?: RestartRecord;
  /** It uses files of this machine. */
  readonly isBound?: boolean;
}

/** What happens at other hosts with the builds of this one. */
export interface TeamListener {
  /** Builds of other hosts may be there to be taken over. Called every few seconds. */
  onTurn(): void;
  /** A build of this host was cancelled at another one. */
  onCancelled(id: string, reason: string): void;
  /** Another host has taken a build of this one over: nothing more of it is stored. */
  onTakenOver(id: string): void;
}

/** A host that has a build. */
export interface BuildHost {
  readonly name: string;
  /** Of its state folder. */
  readonly stateId: string;
  /** How other hosts reach it, as it stored that itself; undefined for one that they cannot reach. */
  readonly advertisement?: Uint8Array;
}

/** The other hosts that use a store. */
export interface Team {
  readonly places: TeamPlaces;
  /** From now on the listener is called. */
  listen(listener: TeamListener): void;
  /** Leaves a build that this host has taken over, and cannot end now: it is taken over again with the next ones. */
  leave(id: string): void;
  /** The host that has a build; undefined when it is not known. */
  hostOf(id: string): Promise<BuildHost | undefined>;
  /** Waits for changes of a build; see {@link BuildChanges}. */
  changesOf(id: string): BuildChanges;
  /** Runs work that one host at a time does; not while another host does it. */
  alone(work: () => Promise<void>): Promise<void>;
}

/** The changes of a build that another host runs, until it is closed. */
export interface BuildChanges {
  /** Resolves after a change since the last call, or after a second. Rejects when aborted. */
  next(signal: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * The records of builds and their events. Ids sort by creation time. A write that fails changes nothing and rejects with a
 * typed error: STATE_NOT_STORED, DATABASE_UNAVAILABLE, or BUILD_TAKEN_OVER.
 */
export interface BuildStore {
  /** Present when other hosts use the store, too. */
  readonly team?: Team;
  /** One build. */
  get(id: string): Awaitable<Build | undefined>;
  /** The build that has a reference in the history of a BuildKit. */
  ofReference(ref: string): Awaitable<Build | undefined>;
  /** The build that was started with a request id, and the digest of that request; earlier hosts stored none. */
  ofRequest(requestId: string): Awaitable<{ build: string; digest?: string } | undefined>;
  /** Wanted builds, newest first; only those older than `before` when that is given. */
  list(filter?: BuildFilter, before?: string): Iterable<Build> | AsyncIterable<Build>;
  /** Id of the newest build. */
  newest(): Awaitable<string | undefined>;
  /** Number of ended builds, when they were last counted. */
  readonly kept: number;
  /** What the ended builds of each principal use. */
  totals(): Awaitable<Map<string, KeptTotal>>;
  /** The ended builds of a principal, the oldest first. They may be removed meanwhile. */
  oldest(
    owner: string,
  ): Generator<[id: string, entry: IndexEntry]> | AsyncGenerator<[id: string, entry: IndexEntry]>;
  /** The builds that hosts which have ended left, the oldest first, without those that cannot be read. All are this host's now. */
  takeLeft(): Awaitable<LeftBuild[]>;
  /** Stores a new build, all or nothing. */
  add(build: Build, more?: NewBuild): Promise<void>;
  /**
   * Keeps later hosts from running a build that has not ended. Where another host runs it, that cancels it.
   * @param obstacle why they do not; one sentence
   */
  preventRestart(id: string, obstacle: string): Promise<void>;
  /** Stores the current state of a build that waits or runs. */
  put(build: Build): Promise<void>;
  /**
   * Stores the current state of a build that ran and begins again through no fault of the host: that attempt does not count
   * among those after which it is given up.
   */
  handOver(build: Build): Promise<void>;
  /**
   * Stores the end of a build with its last events: all or nothing.
   * @param bytes size of all its events
   */
  end(build: Build, events: readonly StoredEvent[], bytes: number): Promise<void>;
  /** Deletes a build, its events and its request id. */
  remove(id: string): Promise<void>;
  /** The stored events of a build from one sequence number to another; it ends at the first that is missing. */
  events(build: string, from: number, to: number): Iterable<BuildEvent> | AsyncIterable<BuildEvent>;
  /** The last stored event of one build, and the size of all. */
  eventsOf(build: string): Awaitable<{ last: number; bytes: number }>;
  /** Stores events; resolves once they can be read back. */
  putEvents(build: string, events: readonly StoredEvent[]): Promise<void>;
}

/** What builds need of the host's state. */
export interface BuildsState {
  readonly builds: BuildStore;
  readonly builders: BuilderRecords;
  /** Throws STATE_NOT_STORED when there is no space to add anything. */
  requireRoom(): void;
}
