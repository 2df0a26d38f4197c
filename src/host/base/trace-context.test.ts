import { expect, test } from "vitest";
import { isSampled, readTraceContext, spanIdOf } from "./trace-context.js";

const [trace, span] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];

test("a valid traceparent is read, with its tracestate", () => {
  const headers = new Headers({ traceparent: `00-${trace}-${span}-01`, tracestate: "a=1,b=2" });
  const context = readTraceContext(headers)!;
  expect(context).toEqual({ traceparent: `00-${trace}-${span}-01`, tracestate: "a=1,b=2" });
  expect(isSampled(context)).toBe(true);
  expect(spanIdOf(context)).toBe(span);
});

test("a later version is read as far as it is known", () => {
  const context = readTraceContext(new Headers({ traceparent: `cc-${trace}-${span}-02-more` }));
  expect(context).toEqual({ traceparent: `00-${trace}-${span}-02`, tracestate: "" });
  expect(isSampled(context!)).toBe(false);
});

test.each([
  "",
  "00",
  `00-${trace}-${span}`,
  `00-${trace}-${span}-01-more`,
  `ff-${trace}-${span}-01`,
  `00-${"0".repeat(32)}-${span}-01`,
  `00-${trace}-${"0".repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${span}-01`,
  `00-${trace}-${span}-01\u00e9`,
])("traceparent %j is none", (traceparent) => {
  expect(readTraceContext(new Headers({ traceparent }))).toBeUndefined();
});

test("a tracestate that is too long is left out", () => {
  const headers = { traceparent: `00-${trace}-${span}-01`, tracestate: `a=${"x".repeat(600)}` };
  expect(readTraceContext(new Headers(headers))?.tracestate).toBe("");
});
