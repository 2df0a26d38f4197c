import { isatty } from "node:tty";
import { InputError } from "../../errors/input-error.js";
import { flagsConflict } from "../flags-conflict.js";
import { type Host, withHost } from "../host.js";
import { outputWidth, print } from "../output/print.js";
import { waterfall } from "../output/waterfall.js";
import { jaegerTrace } from "./jaeger.js";
import type { Traces } from "./otlp.js";
import { spanRows } from "./span-rows.js";

/** The flags of `history trace`. */
export interface HistoryTraceFlags {
  addr?: string;
  builder?: string;
  compare?: string;
  format?: string;
}

/** Prints traces in a format. */
const formats: Record<string, (traces: Traces[]) => string> = {
  pretty: (traces) => traces.map((trace) => waterfall(spanRows(trace), outputWidth())).join("\n"),
  jaeger: (traces) => `${JSON.stringify({ data: traces.map(jaegerTrace) }, null, 2)}\n`,
  otlp: (traces) => `${JSON.stringify({ resourceSpans: traces.flatMap((trace) => trace.resourceSpans) })}\n`,
};

/** `slipway history trace` */
export async function runHistoryTrace(ref: string | undefined, flags: HistoryTraceFlags): Promise<void> {
  if (flags.addr !== undefined) return serveRecord(ref, flags.addr, flags);
  const { format = isatty(1) ? "pretty" : "jaeger", compare } = flags;
  const write = Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (!write) {
    throw new InputError({
      reason: "FORMAT_UNKNOWN",
      field: "--format",
      message: `Unknown format ${JSON.stringify(format)}.`,
      remedy: "Use pretty, jaeger or otlp.",
    });
  }
  await withHost(async (host) => {
    const refs = compare === undefined ? [ref] : [ref, compare];
    const traces = [];
    for (const each of refs) traces.push(await readTrace(host, { builder: flags.builder, ref: each }));
    print(write(traces));
  });
}

/** Serves the web page of a build: its steps on a time line, their output and what they needed. */
async function serveRecord(
  ref: string | undefined,
  addr: string,
  { builder, compare, format }: HistoryTraceFlags,
): Promise<void> {
  const why = "The page shows one build.";
  if (compare !== undefined) throw flagsConflict("--compare", why, "Leave out --addr or --compare.");
  if (format !== undefined) throw flagsConflict("--format", why, "Leave out --addr or --format.");
  const port = portOf(addr);
  const { record } = await withHost(({ history, environment }) =>
    history.getHistoryRecord({ builder, environment, ref }),
  );
  const { servePage } = await import("../ui/run-ui.js");
  const route = ["history", record!.builder, record!.node, record!.ref];
  await servePage({ port, open: isatty(1), field: "--addr", route });
}

/** The port of an address of the loopback, such as 127.0.0.1:8080; 0 for a free one. */
export function portOf(addr: string): number {
  const [, digits = ""] = /^(?:127\.0\.0\.1|localhost)?:(\d{1,5})$/.exec(addr) ?? [];
  const port = Number(digits);
  if (digits && port <= 65_535) return port;
  throw new InputError({
    reason: "ADDRESS_INVALID",
    field: "--addr",
    message: `${JSON.stringify(addr)} is no address of 127.0.0.1, the only one that serves the page.`,
    remedy: "Write 127.0.0.1:PORT; the port 0 is a free one.",
  });
}

async function readTrace(
  { history, environment }: Host,
  name: { builder?: string; ref?: string },
): Promise<Traces> {
  const chunks: Uint8Array[] = [];
  for await (const { data } of history.readHistoryTrace({ ...name, environment })) chunks.push(data);
  return JSON.parse(Buffer.concat(chunks).toString());
}
