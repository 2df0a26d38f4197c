import { answerMalformed } from "../../../errors/answer-malformed.js";
import { answerTooLarge } from "../../../errors/answer-too-large.js";
import { sizeText } from "../../../util/size-text.js";

/** Maximum size of one object, in bytes. */
const maxObjectBytes = 16 << 20;
/** Most values in one object. It is read at once, and 16 MiB can have eight million. */
const maxObjectValues = 4096;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const opening = [0x7b, 0x5b];
const closing = [0x7d, 0x5d];

/**
 * The JSON objects in a stream, which follow each other with or without white space, each as a text. Throws ANSWER_TOO_LARGE
 * for a large one, and ANSWER_MALFORMED for a bracket that closes none.
 * @param maxValues in all of them together
 */
export async function* jsonObjects(
  source: AsyncIterable<Uint8Array>,
  maxValues: number,
): AsyncGenerator<string> {
  let held: Uint8Array[] = [];
  let size = 0;
  let values = 0;
  let allValues = 0;
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
      else if (byte === comma) values++;
      else if (opening.includes(byte)) {
        depth++;
        values++;
      } else if (closing.includes(byte) && --depth <= 0) {
        if (depth < 0) throw answerMalformed("The trace", "a bracket closes none");
        allValues += values;
        if (allValues > maxValues) throw answerTooLarge("The trace", `${maxValues} values`);
        yield Buffer.concat([...held, chunk.subarray(from, at + 1)]).toString();
        held = [];
        size = 0;
        values = 0;
        from = at + 1;
      }
      if (values > maxObjectValues) throw answerTooLarge("A span of the trace", `${maxObjectValues} values`);
    }
    held.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > maxObjectBytes) throw answerTooLarge("A span of the trace", sizeText(maxObjectBytes));
  }
}
