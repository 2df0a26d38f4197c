import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { keptLog } from "../base/kept-log.test-helper.js";
import type { RecordedSpan } from "../base/recorded-span.js";
import { openTraces } from "./traces.js";

const place = { TraceID: "0af7651916cd43dd8448eb211c80319c", SpanID: "b7ad6b7169203331", TraceFlags: "01" };

function recorded(name: string, more: Partial<RecordedSpan> = {}): RecordedSpan {
  return {
    Name: name,
    SpanContext: place,
    Parent: { TraceID: "", SpanID: "", TraceFlags: "" },
    SpanKind: 1,
    StartTime: "2026-01-01T00:00:00Z",
    EndTime: "2026-01-01T00:00:01Z",
    Attributes: null,
    Events: null,
    Links: null,
    Status: { Code: 0, Description: "" },
    DroppedAttributes: 0,
    DroppedEvents: 0,
    DroppedLinks: 0,
    Resource: null,
    InstrumentationLibrary: { Name: "buildkit", Version: "" },
    ...more,
  };
}

/** A receiver of OTLP, and the traces of a host that sends to it. */
async function traced(answers: boolean) {
  let received = "";
  const server = createServer((request, response) => {
    request.setEncoding("latin1").on("data", (text) => {
      received += text;
    });
    request.on("end", () => void (answers && response.end()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  vi.stubEnv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", `http://127.0.0.1:${port}`);
  const { log, lines } = keptLog();
  const traces = openTraces(log);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
    await traces.close();
  });
  const span = traces.tracer.start({ name: "build" }, (text) => text);
  return { span, lines, received: () => received };
}

it("a span of BuildKit that cannot be encoded ends neither the host nor the export of later ones", async () => {
  const { span, lines, received } = await traced(true);
  let nested: unknown = 0;
  for (let depth = 0; depth < 100_000; depth++) nested = [nested];
  span.adopt([recorded("nested", { Attributes: [{ Key: "k", Value: { Type: "", Value: nested } }] })], 1);
  span.adopt([recorded("without place", { SpanContext: {} as RecordedSpan["SpanContext"] })], 1);
  span.adopt([recorded("the next span")], 1);
  await vi.waitUntil(() => received().includes("the next span"), 60_000);
  expect(lines).toContainEqual(expect.objectContaining({ error: expect.stringMatching(/stack/) }));
});

it("traces that wait for a collector that does not answer do not fill the memory", async () => {
  const { span, lines, received } = await traced(false);
  span.adopt([recorded("the first span")], 200 << 20);
  span.adopt([recorded("the second span")], 100 << 20);
  await vi.waitUntil(() => received().includes("the first span"), 60_000);
  expect(lines).toMatchObject([{ error: expect.stringMatching(/many wait/) }]);
});
