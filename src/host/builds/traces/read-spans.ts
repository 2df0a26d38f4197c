import { answerTooLarge } from "../../../errors/answer-too-large.js";
import { sizeText } from "../../../util/size-text.js";
import type { RecordedSpan } from "../../base/recorded-span.js";
import type { Redaction } from "../redaction/redaction.js";
import { maskedSpans } from "./masked-spans.js";

/** Maximum size of a trace in memory, in bytes. */
const maxTraceBytes = 64 << 20;
/** Most values of a trace in memory: as many as traces of 64 MiB have. */
const maxTraceValues = 4_000_000;

/**
 * The spans of a trace as BuildKit keeps it, without secrets, and their size in bytes. Throws ANSWER_MALFORMED, and
 * ANSWER_TOO_LARGE. What is in the spans is not checked.
 */
export async function readSpans(
  trace: AsyncIterable<Uint8Array>,
  redaction: Pick<Redaction, "text">,
  ref: string,
): Promise<{ spans: RecordedSpan[]; size: number }> {
  const spans: RecordedSpan[] = [];
  let size = 0;
  for await (const line of maskedSpans(trace, redaction, maxTraceValues)) {
    size += line.length;
    if (size > maxTraceBytes) throw answerTooLarge(`The trace of build ${ref}`, sizeText(maxTraceBytes));
    spans.push(JSON.parse(Buffer.from(line).toString()));
  }
  return { spans, size };
}
