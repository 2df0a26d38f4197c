import { answerTooLarge } from "../../../errors/answer-too-large.js";
import { sizeText } from "../../../util/size-text.js";
import type { RecordedSpan } from "../../base/recorded-span.js";
import type { Redaction } from "../redaction/redaction.js";
import { maskedSpans } from "./masked-spans.js";

/** Maximum size of a trace in memory, in bytes. */
const maxTraceBytes = 64 << 20;

/** The spans of a trace as BuildKit keeps it, without secrets. */
export async function readSpans(
  trace: AsyncIterable<Uint8Array>,
  redaction: Pick<Redaction, "text">,
  ref: string,
): Promise<RecordedSpan[]> {
  const spans: RecordedSpan[] = [];
  let size = 0;
  for await (const line of maskedSpans(trace, redaction)) {
    size += line.length;
    if (size > maxTraceBytes) throw answerTooLarge(`The trace of build ${ref}`, sizeText(maxTraceBytes));
    spans.push(JSON.parse(Buffer.from(line).toString()));
  }
  return spans;
}
