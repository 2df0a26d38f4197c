import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { startDaemon } from "../lab/daemon.js";
import { freePort, tempDir } from "../lab/index.js";
import { collector } from "../lab/recipes/collector.js";

/** A span as a collector received it. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Empty for a root. */
  parentSpanId: string;
  traceState: string;
  name: string;
  /** OTLP's number: 1 internal, 2 server, 3 client. */
  kind: number;
  /** The `service.name` of its resource. */
  service: string;
  attributes: Record<string, string>;
  /** OTLP's number of its status: 2 is an error. */
  status: number;
}

/** A running OpenTelemetry Collector. */
export interface TestCollector {
  /** Where it receives OTLP over HTTP. */
  endpoint: string;
  /** All that it received, as text. */
  text(): string;
  /** The spans that it received. */
  spans(): ReceivedSpan[];
}

/** OTLP in JSON. */
interface ResourceSpans {
  resource: { attributes?: Attribute[] };
  scopeSpans: {
    spans: (Omit<ReceivedSpan, "attributes" | "status"> & {
      attributes?: Attribute[];
      status?: { code?: number };
    })[];
  }[];
}

interface Attribute {
  key: string;
  value: Record<string, unknown>;
}

/** Starts a collector; it is stopped when the test ends. */
export async function startCollector(): Promise<TestCollector> {
  const received: string[] = [];
  const server = createServer(async (request, response) => {
    received.push(await text(request));
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const folder = await tempDir();
  const config = join(folder, "config.yaml");
  const address = `127.0.0.1:${await freePort()}`;
  await writeFile(
    config,
    JSON.stringify({
      receivers: { otlp: { protocols: { http: { endpoint: address } } } },
      exporters: {
        otlp_http: { endpoint: `http://127.0.0.1:${port}`, encoding: "json", compression: "none" },
      },
      service: { pipelines: { traces: { receivers: ["otlp"], exporters: ["otlp_http"] } } },
    }),
  );
  const endpoint = `http://${address}`;
  const daemon = await startDaemon({
    name: "otelcol",
    command: await collector(),
    args: ["--config", config],
    folder,
    // It answers each request that is no export with an error.
    ready: async () => (await fetch(endpoint)).status > 0,
  });
  onTestFinished(() => daemon.stop());
  return { endpoint, text: () => received.join("\n"), spans: () => received.flatMap(spansIn) };
}

/** The spans in an export in JSON. */
function spansIn(body: string): ReceivedSpan[] {
  return JSON.parse(body).resourceSpans.flatMap(({ resource, scopeSpans }: ResourceSpans) => {
    const service = valuesOf(resource.attributes)["service.name"] ?? "";
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        parentSpanId: span.parentSpanId ?? "",
        traceState: span.traceState ?? "",
        service,
        attributes: valuesOf(span.attributes),
        status: span.status?.code ?? 0,
      })),
    );
  });
}

function valuesOf(attributes: Attribute[] = []): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]));
}
