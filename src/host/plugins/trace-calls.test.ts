import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { DriverService } from "../../gen/slipway/driver/v1/driver_pb.js";
import type { TraceContext } from "../base/trace-context.js";
import { passedSpan, type Span, within } from "../base/tracer.js";
import { traceCalls } from "./trace-calls.js";

const caller: TraceContext = { traceparent: `00-${"a".repeat(32)}-${"1".repeat(16)}-01`, tracestate: "v=1" };

/** A plugin that keeps the headers of its calls. */
function plugin() {
  const seen: (string | null)[][] = [];
  const see = (header: Headers) => seen.push([header.get("traceparent"), header.get("tracestate")]);
  const transport = createRouterTransport(
    ({ service }) =>
      service(DriverService, {
        inspect(_request, { requestHeader }) {
          see(requestHeader);
          return {};
        },
        stop() {
          throw new ConnectError("it does not stop", Code.Internal);
        },
        async *acquire(_request, { requestHeader }) {
          see(requestHeader);
          yield { event: { case: "progress" as const, value: {} } };
          yield { event: { case: "endpoint" as const, value: {} } };
          yield { event: { case: "draining" as const, value: {} } };
        },
      }),
    { transport: { interceptors: [traceCalls("example")] } },
  );
  return { seen, driver: createClient(DriverService, transport) };
}

/** A span that notes in a list how its own spans start and end. */
function noting(notes: string[], name = "build", digit = "2"): Span {
  return {
    ...passedSpan({ traceparent: caller.traceparent.replace(/1{16}/, digit.repeat(16)), tracestate: "" }),
    start: (work) => {
      notes.push(`+${work.name}`);
      return noting(notes, work.name, "3");
    },
    end: (attributes) => void notes.push(`-${name} ${attributes?.["error.type"] ?? ""}`.trim()),
  };
}

test("a plugin gets the caller's place from a host that makes no spans, and nothing without a trace", async () => {
  const { seen, driver } = plugin();
  await driver.inspect({});
  await within(passedSpan(caller), () => driver.inspect({}));
  expect(seen).toEqual([
    [null, null],
    [caller.traceparent, "v=1"],
  ]);
});

test("a plugin gets the span of its call", async () => {
  const { seen, driver } = plugin();
  const notes: string[] = [];
  await within(noting(notes), () => driver.inspect({}));
  expect(seen).toEqual([[expect.stringContaining("-3333333333333333-"), null]]);
  const failed = within(noting(notes), () => driver.stop({}));
  await expect(failed).rejects.toThrow("it does not stop");
  const [inspect, stop] = ["slipway.driver.v1.DriverService/Inspect", "slipway.driver.v1.DriverService/Stop"];
  expect(notes).toEqual([`+${inspect}`, `-${inspect}`, `+${stop}`, `-${stop} Internal`]);
});

test("the span of a lease ends with its endpoint", async () => {
  const { driver } = plugin();
  const notes: string[] = [];
  for await (const { event } of within(noting(notes), () => driver.acquire({}))) notes.push(event.case!);
  const acquire = "slipway.driver.v1.DriverService/Acquire";
  expect(notes).toEqual([`+${acquire}`, "progress", `-${acquire}`, "endpoint", "draining"]);
});
