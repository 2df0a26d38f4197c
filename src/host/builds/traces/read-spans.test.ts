import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { maskedSpans } from "./masked-spans.js";
import { readSpans } from "./read-spans.js";

const shown = { text: (text: string) => text.replaceAll("secret", "<redacted>") };

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

it("reads spans that follow each other in any pieces, and masks their values", async () => {
  const text = '{"Name":"a }{ \\" secret"}\n{"Name":"b","Attributes":[{"Key":"k"}]} {"Name":"c"}';
  for (const size of [1, 7, 1000]) {
    const { spans } = await readSpans(chunksOf(text, size), shown, "r");
    expect(spans).toEqual([
      { Name: 'a }{ " <redacted>' },
      { Name: "b", Attributes: [{ Key: "k" }] },
      { Name: "c" },
    ]);
  }
});

it.each([
  ["many numbers", `{"a":[${"0,".repeat(8 << 20)}0]}`],
  ["many lists in each other", `{"a":${"[".repeat(1 << 20)}`],
  ["a long text", `{"a":"${"a".repeat(17 << 20)}"}`],
])("a span with %s is refused before it is decoded", async (_what, text) => {
  const read = readSpans(chunksOf(text, 1 << 20), shown, "r");
  expect(readTypedError(await read.catch((cause) => cause)).reason).toBe("ANSWER_TOO_LARGE");
});

it.each([
  ["no JSON", "{a}"],
  ["a bracket that closes none", '{"Name":"a"}]{"Name":"b"}'],
])("a trace with %s is malformed", async (_what, text) => {
  const read = readSpans(chunksOf(text, 5), shown, "r");
  expect(readTypedError(await read.catch((cause) => cause)).reason).toBe("ANSWER_MALFORMED");
});

it("other events are handled while many spans in one piece are read, and too many are refused", async () => {
  let turns = 0;
  let isRead = false;
  const count = async () => {
    for (; !isRead; turns++) await setImmediate();
  };
  const counted = count();
  const span = `{"a":[${"0,".repeat(4000)}0]}`;
  const read = (async () => {
    for await (const _ of maskedSpans(chunksOf(span.repeat(260), 16 << 20), shown, 1_000_000));
  })();
  expect(readTypedError(await read.catch((cause) => cause)).reason).toBe("ANSWER_TOO_LARGE");
  isRead = true;
  await counted;
  expect(turns).toBeGreaterThan(0);
});
