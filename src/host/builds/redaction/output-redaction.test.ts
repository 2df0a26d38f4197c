import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type BuildProgress, BuildProgressSchema } from "../../../gen/slipway/build/v1/build_progress_pb.js";
import { OutputRedaction } from "./output-redaction.js";
import { Redaction } from "./redaction.js";
import { minSecretLength } from "./secrets.js";

const output = (data: string, vertex = "v", stream = 1) =>
  create(BuildProgressSchema, { logs: [{ vertex, stream, data: Buffer.from(data) }] });
const completed = (id: string) =>
  create(BuildProgressSchema, { vertexes: [{ id, endTime: timestampNow() }] });
const textOf = ({ logs }: BuildProgress) => logs.map(({ data }) => Buffer.from(data).toString()).join("");

/** What is shown for each progress, and what follows at the end. */
function shownOf(secrets: string[], all: BuildProgress[]): string[] {
  const redaction = new OutputRedaction(new Redaction(secrets));
  return [...all.map((each) => textOf(redaction.progress(each))), textOf(redaction.end())];
}

it("masks a secret however it is split", () => {
  const text = "before SECRET after SECRET\n";
  for (let first = 0; first <= text.length; first++) {
    for (let second = first; second <= text.length; second++) {
      const slices = [text.slice(0, first), text.slice(first, second), text.slice(second)];
      const shown = shownOf(
        ["SECRET"],
        slices.map((slice) => output(slice)),
      );
      expect(shown.join("")).toBe("before <redacted> after <redacted>\n");
    }
  }
});

it("holds only what may begin a secret", () => {
  expect(shownOf(["SECRET"], [output("at once\n"), output("SEA"), output("a SE"), output("A\n")])).toEqual([
    "at once\n",
    "SEA",
    "a ",
    "SEA\n",
    "",
  ]);
});

it("tells steps and streams apart", () => {
  const all = [output("SEC"), output("RET\n", "other"), output("RET\n", "v", 2), output("RET\n")];
  expect(shownOf(["SECRET"], all)).toEqual(["", "RET\n", "RET\n", "<redacted>\n", ""]);
});

it("shows the held output when its step ends, but not most of a secret", () => {
  const short = [output("a SE"), completed("other"), completed("v")];
  expect(shownOf(["SECRET"], short)).toEqual(["a ", "", "SE", ""]);
  expect(shownOf(["SECRET"], [output("a SECRE")])).toEqual(["a ", "<redacted>"]);
});

it("shows what is held of all streams of a step when it ends, and nothing of other steps and nodes", () => {
  const count = 150_000;
  const logs = Array.from({ length: count }, (_, stream) => ({
    vertex: "v",
    stream,
    data: Buffer.from("S"),
  }));
  const of = (node: string, more: object) => create(BuildProgressSchema, { node, ...more });
  const ends = { vertexes: [{ id: "v", endTime: timestampNow() }] };
  const other = { logs: [{ vertex: "w", stream: 1, data: Buffer.from("SE") }] };
  const all = [of("a", { logs }), of("a", other), of("b", { logs: logs.slice(0, 1) }), of("a", ends)];
  const shown = shownOf(["SECRET"], [...all, of("b", ends)]);
  expect(shown).toEqual(["", "", "", "S".repeat(count), "S", "SE"]);
});

it("masks secrets that overlap, contain or repeat each other", () => {
  expect(shownOf(["abcdef", "defghi"], [output("abcdefghi")])).toEqual(["<redacted>", ""]);
  expect(shownOf(["abcd", "xabcdx"], [output("xabc"), output("dx abcd")])).toEqual([
    "",
    "<redacted> <redacted>",
    "",
  ]);
  expect(shownOf(["abab"], [output("ababab")]).join("")).toBe("<redacted>");
});

it("masks the end of a secret whose beginning was the end of another one", () => {
  expect(shownOf(["abcdef", "defghi"], [output("abcdef"), output("ghi")])).toEqual(["<redacted>", "", ""]);
  expect(shownOf(["abcd", "xxabcdyy"], [output("xxabcd"), output("yy!")]).join("")).toBe("<redacted>!");
  expect(shownOf(["abcd"], [output("abcd"), output("abcd")]).join("")).toBe("<redacted>");
});

it("shows the same, however the output is sliced", () => {
  const letter = fc.constantFrom("a", "b", "c");
  const secret = fc.string({ unit: letter, minLength: minSecretLength, maxLength: 12 });
  const inputs = fc.array(secret, { minLength: 1, maxLength: 4 }).chain((secrets) =>
    fc.record({
      secrets: fc.constant(secrets),
      pieces: fc.array(fc.oneof(fc.constantFrom(...secrets), fc.string({ unit: letter, maxLength: 6 }))),
      slices: fc.array(fc.nat(9), { minLength: 1 }),
    }),
  );
  fc.assert(
    fc.property(inputs, ({ secrets, pieces, slices }) => {
      // Nothing is held after the end of the line, which is in no secret.
      const text = `${pieces.join("")}\n`;
      const parts: BuildProgress[] = [];
      for (let at = 0, turn = 0; at < text.length; turn++) {
        const size = 1 + slices[turn % slices.length]!;
        parts.push(output(text.slice(at, at + size)));
        at += size;
      }
      expect(shownOf(secrets, parts).join("")).toBe(new Redaction(secrets).text(text));
    }),
    { numRuns: 2000 },
  );
});

it("takes linear time", () => {
  const many = "a".repeat(1_000_000);
  const digest = ` sha256:${"abcd".repeat(16)}`;
  expect(shownOf(["a".repeat(100_000)], [output(`${many}!`)])).toEqual(["<redacted>!", ""]);
  expect(shownOf([`${many}${many}`], [output(`${many}b`)]).join("")).toHaveLength(1_000_001);
  expect(shownOf(["abcd"], [output(digest.repeat(30_000))]).join("")).toBe(digest.repeat(30_000));
});
