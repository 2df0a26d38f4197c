import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../gen/slipway/v1/build_pb.js";
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
test("the share of cached steps is that of all parts of a build", () => {
  const counted = (ref: string, totalStepCount: number, cachedStepCount: number) =>
    Object.assign(record(ref, 1), { totalStepCount, cachedStepCount, endTime: timestampFromMs(2) });
  const builds = [build("both", 1, ["x", "y"]), build("half", 1, ["x", "gone"])];
  const entries = entriesOf({ builds, hasOlder: false }, [
    counted("x", 6, 3),
    counted("y", 4, 4),
    counted("z", 8, 2),
  ]);
  expect(entries.map(({ key, cached }) => [key, cached])).toEqual([
    ["both", 0.7],
    ["half", undefined],
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
