import { isatty } from "node:tty";
import { InputError } from "../../errors/input-error.js";
import { type Host, withHost } from "../host.js";
import { outputWidth, print } from "../output/print.js";
import { waterfall } from "../output/waterfall.js";
import { jaegerTrace } from "./jaeger.js";
import type { Traces } from "./otlp.js";
import { spanRows } from "./span-rows.js";

/** The flags of `history trace`. */
export interface HistoryTraceFlags {
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

async function readTrace(
  { history, environment }: Host,
  name: { builder?: string; ref?: string },
): Promise<Traces> {
  const chunks: Uint8Array[] = [];
  for await (const { data } of history.readHistoryTrace({ ...name, environment })) chunks.push(data);
  return JSON.parse(Buffer.concat(chunks).toString());
}
