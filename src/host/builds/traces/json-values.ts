import { answerTooLarge } from "../../../errors/answer-too-large.js";
import { sizeText } from "../../../util/size-text.js";

/** Maximum size of one value, in bytes. */
const maxValueBytes = 16 << 20;

const quote = 0x22;
const backslash = 0x5c;
const opening = [0x7b, 0x5b];
const closing = [0x7d, 0x5d];

/** The JSON objects in a stream, which follow each other with or without white space, each as a text. */
export async function* jsonValues(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let held: Uint8Array[] = [];
  let size = 0;
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  for await (const chunk of source) {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (isEscaped) isEscaped = false;
      else if (inString) {
        if (byte === backslash) isEscaped = true;
        else if (byte === quote) inString = false;
      } else if (byte === quote) inString = true;
      else if (opening.includes(byte)) depth++;
      else if (closing.includes(byte) && --depth === 0) {
        yield Buffer.concat([...held, chunk.subarray(from, at + 1)]).toString();
        held = [];
        size = 0;
        from = at + 1;
      }
    }
    held.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > maxValueBytes) throw answerTooLarge("A span of the trace", sizeText(maxValueBytes));
  }
}
