import { ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { jsonObjects } from "../src/host/builds/traces/json-objects.js";
import { readSpans } from "../src/host/builds/traces/read-spans.js";
import { toOtlp } from "../src/host/history/export/otlp.js";
import { inPieces, jsonOf, pieceLengths } from "./inputs.js";
import { target } from "./target.js";

const typed = (error: unknown) => error instanceof ConnectError;

/** JSON's own syntax, so that texts have much of it. */
const syntax = fc.string({
  unit: fc.constantFrom('"', "\\", "{", "}", "[", "]", ",", "é", "\n", "a"),
  maxLength: 8,
});
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    syntax,
    fc.constantFrom(null, 0, -1.5, true),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(syntax, tie("any"), { maxKeys: 3 }),
  ),
})).any;
const object = fc.dictionary(syntax, value, { maxKeys: 4 });
const gap = fc.constantFrom("", "\n", " \r\n");

const spanText = jsonOf(
  "Name",
  "SpanContext",
  "Parent",
  "TraceID",
  "SpanID",
  "TraceFlags",
  "Attributes",
  "Key",
  "Value",
  "Type",
  "Events",
  "Time",
  "Links",
  "Status",
  "Code",
  "Resource",
  "InstrumentationLibrary",
);

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Readers of the traces that a BuildKit records. */
export const traceParsers = [
  target({
    name: "JSON objects of a trace",
    inputs: fc.record({ objects: fc.array(fc.tuple(object, gap), { maxLength: 5 }), lengths: pieceLengths }),
    async run({ objects, lengths }) {
      const texts = objects.map(([each]) => JSON.stringify(each));
      const stream = Buffer.from(objects.map(([, space], index) => space + texts[index]).join(""));
      const found = await collect(jsonObjects(inPieces(stream, lengths), Number.POSITIVE_INFINITY));
      // White space before an object is passed with it.
      const trimmed = found.map((text) => text.trim());
      if (JSON.stringify(trimmed) !== JSON.stringify(texts))
        throw new Error(`${JSON.stringify(trimmed)} was found`);
    },
    refuses: () => false,
  }),
  target({
    name: "spans of a trace",
    inputs: fc.record({ texts: fc.array(spanText, { maxLength: 4 }), lengths: pieceLengths }),
    async run({ texts, lengths }) {
      const stream = inPieces(Buffer.from(texts.join("\n")), lengths);
      const { spans } = await readSpans(stream, { text: (text) => text }, "ref");
      toOtlp(spans);
    },
    refuses: typed,
  }),
];
