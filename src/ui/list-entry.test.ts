import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import { BuildSchema, StepCountsSchema } from "../gen/slipway/v1/build_pb.js";
import { HistoryRecordSchema, HistoryState } from "../gen/slipway/v1/history_pb.js";
import { entriesOf } from "./list-entry.js";

const build = (id: string, at: number, refs = [id]) =>
  create(BuildSchema, { id, refs, createTime: timestampFromMs(at) });
const record = (ref: string, at: number, build = "") =>
  create(HistoryRecordSchema, {
    ref,
    build,
    builder: "b",
    node: "b0",
    startTime: timestampFromMs(at),
    state: HistoryState.FAILED,
    error: { message: "one\ntwo" },
  });
test("the share of cached steps is of those that have ended", () => {
  const stepCounts = create(StepCountsSchema, { cachedCount: 7, runCount: 2, failedCount: 1 });
  const builds = [Object.assign(build("ran", 3), { stepCounts }), build("waits", 2)];
  const other = Object.assign(record("z", 1), {
    totalStepCount: 9,
    completedStepCount: 8,
    cachedStepCount: 2,
  });
  const entries = entriesOf({ builds, hasOlder: false }, [other]);
  expect(entries.map(({ key, cached }) => [key, cached])).toEqual([
    ["ran", 0.7],
    ["waits", undefined],
    ["b/b0/z", 0.25],
  ]);
});

const keys = (entries: readonly { key: string }[]) => entries.map(({ key }) => key);

test("builds of other clients are among those of the host, by their start", () => {
  const builds = [build("new", 5000), build("old", 1000, ["old0", "old1"])];
  const records = [
    record("old1", 1500, "old"),
    record("new", 5100, "new"),
    record("unlisted", 2000, "unlisted"),
    record("theirs", 3000),
    record("before", 500),
  ];
  const entries = entriesOf({ builds, hasOlder: false }, records);
  expect(keys(entries)).toEqual(["new", "b/b0/theirs", "old", "b/b0/before"]);
  expect(entries[1]).toMatchObject({
    link: "#/history/b/b0/theirs",
    state: BuildState.FAILED,
    name: "theirs",
    error: "one",
    owner: "",
  });
});

test("a record as old as builds that are not in the list yet is left out", () => {
  const builds = [build("new", 5000), build("old", 1000)];
  const records = [record("theirs", 3000), record("before", 500)];
  expect(keys(entriesOf({ builds, hasOlder: true }, records))).toEqual(["new", "b/b0/theirs", "old"]);
});
