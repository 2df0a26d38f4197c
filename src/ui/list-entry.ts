import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../gen/slipway/v1/build_pb.js";
import { type HistoryRecord, HistoryState } from "../gen/slipway/v1/history_pb.js";
import { millis } from "./format.js";
import { linkTo } from "./route.js";

/** A build in the list: one of the host, or one of another client that BuildKit remembers. */
export interface ListEntry {
  /** The id of a build of the host, or "builder/node/reference" of a record. */
  key: string;
  /** Address of its page. */
  link: string;
  state: BuildState;
  name: string;
  builder: string;
  /** The principal that started it; empty when another client did, without the host. */
  owner: string;
  /** When it was created, in milliseconds since 1970. */
  start: number;
  /** When BuildKit got it, after the queue; undefined before. */
  buildStart: number | undefined;
  end: number | undefined;
  /** First line of its error; empty without one. */
  error: string;
  /** Share of the steps that were cached, from 0 to 1, of those that have ended; undefined before the first one. */
  cached: number | undefined;
  /** The build of the host. */
  build?: Build;
}

const states: Record<HistoryState, BuildState> = {
  [HistoryState.UNSPECIFIED]: BuildState.UNSPECIFIED,
  [HistoryState.RUNNING]: BuildState.RUNNING,
  [HistoryState.SUCCEEDED]: BuildState.SUCCEEDED,
  [HistoryState.FAILED]: BuildState.FAILED,
  [HistoryState.CANCELED]: BuildState.CANCELED,
};

/** Names a record in BuildKit's history. */
export interface RecordName {
  builder: string;
  /** "builder/node/reference" */
  ref: string;
}

/** The key of the entry of a record. */
export const recordKey = (builder: string, node: string, ref: string) => `${builder}/${node}/${ref}`;

/** What the key of an entry names: a record, or else a build of the host. */
export function readKey(key: string): { record?: RecordName } {
  const [, builder] = /^([^/]+)\//.exec(key) ?? [];
  return builder === undefined ? {} : { record: { builder, ref: key } };
}

/** The state of a build in BuildKit's history, in the words of the host. */
export function stateOf(record: HistoryRecord): BuildState {
  return states[record.state] ?? BuildState.UNSPECIFIED;
}

/** What the list shows of the host's builds. */
export interface BuildsPart {
  builds: readonly Build[];
  /** The host has older ones. */
  hasOlder: boolean;
}

/**
 * The host's builds and those of others, the newest first. A record of a build of the host is not an entry. While the host
 * has older builds than those given, records that are as old are left out, since they come after some of those.
 */
export function entriesOf({ builds, hasOlder }: BuildsPart, records: readonly HistoryRecord[]): ListEntry[] {
  const own = new Set(builds.flatMap(({ refs }) => refs));
  const entries = builds.map(entryOfBuild);
  const oldest = hasOlder ? Math.min(...entries.map(({ start }) => start)) : Number.NEGATIVE_INFINITY;
  const others = records
    .filter(({ ref, build }) => !build && !own.has(ref))
    .map(entryOfRecord)
    .filter(({ start }) => start > oldest);
  return [...entries, ...others].sort((a, b) => b.start - a.start);
}

function cachedShare(cached: number, all: number): number | undefined {
  return all > 0 ? cached / all : undefined;
}

/** The entry of a build of the host. */
export function entryOfBuild(build: Build): ListEntry {
  const { id, state, displayName, builder, owner, createTime, startTime, endTime, error } = build;
  const { cachedCount = 0, runCount = 0, failedCount = 0 } = build.stepCounts ?? {};
  return {
    key: id,
    link: linkTo("builds", id),
    state,
    name: displayName || id,
    builder,
    owner,
    start: millis(createTime!),
    buildStart: startTime && millis(startTime),
    end: endTime && millis(endTime),
    error: firstLine(error?.message),
    cached: cachedShare(cachedCount, cachedCount + runCount + failedCount),
    build,
  };
}

/** The entry of a build that another client started. */
export function entryOfRecord(record: HistoryRecord): ListEntry {
  const { ref, builder, node, name, startTime, endTime, error, cachedStepCount, completedStepCount } = record;
  return {
    key: recordKey(builder, node, ref),
    link: linkTo("history", builder, node, ref),
    state: stateOf(record),
    name: name || ref,
    builder,
    owner: "",
    start: startTime ? millis(startTime) : 0,
    buildStart: startTime && millis(startTime),
    end: endTime && millis(endTime),
    error: firstLine(error?.message),
    cached: cachedShare(cachedStepCount, completedStepCount),
  };
}

function firstLine(text = ""): string {
  return text.split("\n", 1)[0]!;
}
