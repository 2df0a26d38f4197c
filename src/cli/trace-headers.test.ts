import { expect, test } from "vitest";
import { traceHeaders } from "./trace-headers.js";

test.each([
  [{}, {}],
  [{ TRACEPARENT: "00-a-b-01" }, { traceparent: "00-a-b-01" }],
  [
    { TRACEPARENT: "00-a-b-01", TRACESTATE: "v=1" },
    { traceparent: "00-a-b-01", tracestate: "v=1" },
  ],
  [{ TRACEPARENT: "", TRACESTATE: "v=1\r\nx: y" }, {}],
])("%j has the headers %j", (env, headers) => {
  expect(traceHeaders(env)).toEqual(headers);
});
