import { expect, test } from "vitest";
import { descendants, type RecordedSpan, unixNano } from "./recorded-span.js";

function span(id: string, parent: string): RecordedSpan {
  return {
    SpanContext: { TraceID: "1", SpanID: id, TraceFlags: "01" },
    Parent: { TraceID: "1", SpanID: parent, TraceFlags: "01" },
  } as RecordedSpan;
}

test("only spans below the given one are descendants, even if parents form a circle", () => {
  const spans = [
    span("c", "b"),
    span("b", "a"),
    span("other", "elsewhere"),
    span("root", "0"),
    span("a", "c"),
  ];
  const ids = descendants(spans, "a").map(({ SpanContext }) => SpanContext.SpanID);
  expect(ids.sort()).toEqual(["a", "b", "c"]);
  expect(descendants(spans, "unknown")).toEqual([]);
});

test.each([
  ["2026-01-02T03:04:05.123456789Z", 1_767_323_045_123_456_789n],
  ["2026-01-02T05:04:05+02:00", 1_767_323_045_000_000_000n],
  ["never", 0n],
])("%s is %d ns", (time, nanoseconds) => {
  expect(unixNano(time)).toBe(nanoseconds);
});
