import { timestampDate } from "@bufbuild/protobuf/wkt";
import { BuildState, QueueReason } from "../../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../../gen/slipway/v1/build_pb.js";
import { humanDuration } from "../output/human.js";
import { table } from "../output/table.js";

/** Builds as a table. */
export function buildsTable(builds: readonly Build[]): string {
  return table(["ID", "NAME", "BUILDER", "STATE", "CREATED", "DURATION"], builds.map(buildRow));
}

/** A build in the CLI's JSON. */
export function buildJson(build: Build): object {
  const { queued, stepCounts } = build;
  const time = (at: Build["createTime"]) => at && timestampDate(at).toISOString();
  return {
    ID: build.id,
    Name: build.displayName,
    State: stateName(build),
    Project: build.project || undefined,
    Untrusted: build.untrusted || undefined,
    Held: build.held || undefined,
    Queued: queued && {
      Place: queued.place,
      Reason: QueueReason[queued.reason].toLowerCase(),
      Message: queued.message,
    },
    Builder: build.builder,
    Driver: build.driver,
    CreatedAt: time(build.createTime),
    StartedAt: time(build.startTime),
    FinishedAt: time(build.endTime),
    Attempt: build.attempt || undefined,
    Steps: stepCounts && {
      Cached: stepCounts.cachedCount,
      Run: stepCounts.runCount,
      Failed: stepCounts.failedCount,
    },
    Refs: build.refs,
    ImageDigest: build.result?.imageDigest || undefined,
    ImageNames: build.result?.imageNames,
    Error: build.error && {
      Reason: build.error.reason,
      Message: build.error.message,
      Remedy: build.error.remedy,
    },
  };
}

function buildRow(build: Build): string[] {
  const created = build.createTime ? timestampDate(build.createTime).getTime() : Date.now();
  return [
    build.id,
    build.displayName,
    build.builder,
    build.attempt > 1 ? `${shownState(build)} (attempt ${build.attempt})` : shownState(build),
    `${humanDuration(Date.now() - created)} ago`,
    duration(build),
  ];
}

function shownState(build: Build): string {
  if (build.queued) return `queued (place ${build.queued.place})`;
  return build.held ? "held" : stateName(build);
}

function duration({ startTime, endTime }: Build): string {
  if (!startTime) return "";
  const end = endTime ? timestampDate(endTime).getTime() : Date.now();
  return `${((end - timestampDate(startTime).getTime()) / 1000).toFixed(1)}s`;
}

/** A build's state in lower case. */
export function stateName({ state }: Build): string {
  return BuildState[state].toLowerCase();
}
