import { expect, it } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import type { RecordedSpan } from "../../base/recorded-span.js";
import { toOtlp } from "./otlp.js";

it.each(["{}", '{"Resource":1,"InstrumentationLibrary":{}}', '[{"Name":"a"}]'])(
  "a span %s that lacks what spans have is an error of BuildKit",
  (text) => {
    const spans: RecordedSpan[] = [JSON.parse(text)];
    let error: unknown;
    try {
      toOtlp(spans);
    } catch (cause) {
      error = cause;
    }
    expect(readTypedError(error).reason).toBe("ANSWER_MALFORMED");
  },
);
