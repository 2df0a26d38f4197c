import { parseDocument } from "../../../image/documents.js";
import { TimeSlice } from "../../../util/time-slice.js";
import type { Redaction } from "../redaction/redaction.js";
import { jsonObjects } from "./json-objects.js";

/** What buildx masks in the command lines that spans have. */
const secretAttribute = /\b(ghtoken|token|access_key_id|secret_access_key|session_token)=[^ ,"]+/gi;
const githubToken = /(?:ghu|ghs)_[A-Za-z0-9]{36}|github_pat_\w{82}/g;

/**
 * The spans of a trace as BuildKit keeps them, one JSON object a line, without secrets. Other events are handled between
 * two of them. Throws ANSWER_MALFORMED, and ANSWER_TOO_LARGE for a large one.
 * @param maxValues in all of them together
 */
export async function* maskedSpans(
  trace: AsyncIterable<Uint8Array>,
  redaction: Pick<Redaction, "text">,
  maxValues = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array> {
  const shown = (text: string) =>
    redaction.text(text).replace(secretAttribute, "$1=<redacted>").replace(githubToken, "<redacted>");
  const slice = new TimeSlice();
  for await (const span of jsonObjects(trace, maxValues)) {
    if (slice.isOver) await slice.next();
    yield Buffer.from(`${JSON.stringify(masked(parseDocument(span, "A span of the trace"), shown))}\n`);
  }
}

/** Changes all texts in a value. JSON.parse takes fifty times as long when it calls a function for each value. */
function masked(value: unknown, shown: (text: string) => string): unknown {
  if (typeof value === "string") return shown(value);
  if (typeof value !== "object" || value === null) return value;
  const values = value as Record<string, unknown>;
  for (const key of Object.keys(values)) values[key] = masked(values[key], shown);
  return values;
}
