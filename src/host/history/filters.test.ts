import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { HistoryRecordSchema, HistoryState } from "../../gen/slipway/v1/history_pb.js";
import { parseFilters } from "./filters.js";

const now = Date.parse("2026-01-02T12:00:00Z");
const record = create(HistoryRecordSchema, {
  ref: "abcdef",
  state: HistoryState.SUCCEEDED,
  startTime: timestampFromMs(now - 3_600_000),
  endTime: timestampFromMs(now - 3_540_000),
  frontendAttributes: { context: "https://example.com/a.git#main" },
});

it.each([
  ["ref=bcd", true],
  ["ref!=abcdef", false],
  ["status=completed", true],
  ["status!=completed", false],
  ["repository=example.com/a.git", true],
  ["repository!=https://example.com/a.git", false],
  ["startedAt<=1h", true],
  ["startedAt>30m", false],
  ["completedAt>=2026-01-02T11:01:00Z", true],
  ["completedAt<2026-01-02T11:01:00Z", false],
  ["duration>=1m", true],
  ["duration>1m0.5s", false],
])("%s is %s", (filter, holds) => {
  expect(parseFilters([filter], now)(record)).toBe(holds);
});

it("matches when all filters match", () => {
  expect(parseFilters(["ref=abc", "status=error"], now)(record)).toBe(false);
  expect(parseFilters([], now)(record)).toBe(true);
});

it.each(["ref", "ref<a", "duration=1m", "duration>soon", "startedAt>monday", "name=a", ""])(
  "refuses %j",
  (filter) => {
    let error: unknown;
    try {
      parseFilters(["status=error", filter], now);
    } catch (cause) {
      error = cause;
    }
    expect(readTypedError(error)).toMatchObject({
      reason: "FILTER_INVALID",
      fields: [{ field: "filters[1]" }],
    });
  },
);
