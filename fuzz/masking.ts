import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { type BuildProgress, BuildProgressSchema } from "../src/gen/slipway/build/v1/build_progress_pb.js";
import { OutputRedaction } from "../src/host/builds/redaction/output-redaction.js";
import { Redaction } from "../src/host/builds/redaction/redaction.js";
import { target } from "./target.js";

/**
 * Letters of secrets: few, so that secrets overlap and repeat, and none that "<redacted>" has or that would be a part of
 * JSON's own syntax.
 */
const letter = fc.constantFrom("X", "Y", "é", "\n");
const secret = fc.string({ unit: letter, minLength: 4, maxLength: 12 });

/** Secrets, and pieces of a text that has some of them. */
const inputs = fc.array(secret, { minLength: 1, maxLength: 4 }).chain((secrets) =>
  fc.record({
    secrets: fc.constant(secrets),
    pieces: fc.array(
      fc.oneof(
        fc.constantFrom(...secrets),
        fc.string({ unit: letter, maxLength: 6 }),
        fc.constantFrom("<redacted>", `sha256:${"0".repeat(64)}`, "https://u:p@h/", "a\r\n", "eyJ"),
      ),
      { maxLength: 10 },
    ),
    /** Lengths of the slices in which the bytes of the text arrive. */
    slices: fc.array(fc.nat(9), { minLength: 1, maxLength: 20 }),
  }),
);

/** Throws if a text has a secret. */
function expectNone(shown: string, secrets: string[]): void {
  for (const each of secrets)
    if (shown.includes(each)) throw new Error(`${JSON.stringify(each)} is in ${JSON.stringify(shown)}`);
}

const bytesOf = ({ logs }: BuildProgress) => Buffer.concat(logs.map(({ data }) => data));

/** The maskers of secrets in what is shown of builds. */
export const masking = [
  target({
    name: "masking of output",
    inputs,
    run({ secrets, pieces, slices }) {
      const output = new OutputRedaction(new Redaction(secrets));
      const rest = Buffer.from(pieces.join(""));
      const shown: Buffer[] = [];
      for (let at = 0, turn = 0; at < rest.length; turn += 1) {
        const data = rest.subarray(at, at + 1 + slices[turn % slices.length]!);
        at += data.length;
        shown.push(bytesOf(output.progress(create(BuildProgressSchema, { logs: [{ vertex: "v", data }] }))));
      }
      const before = Buffer.concat(shown);
      const isClean = !secrets.some((each) => rest.includes(each));
      if (isClean && !rest.subarray(0, before.length).equals(before))
        throw new Error("a text without secrets was changed");
      const end = create(BuildProgressSchema, { vertexes: [{ id: "v", endTime: timestampNow() }] });
      expectNone(Buffer.concat([before, bytesOf(output.progress(end))]).toString(), secrets);
      if (bytesOf(output.end()).length > 0) throw new Error("output was held after the end of its step");
    },
    refuses: () => false,
  }),
  target({
    name: "masking of texts",
    inputs,
    run({ secrets, pieces }) {
      const redaction = new Redaction(secrets);
      const text = pieces.join("");
      expectNone(redaction.text(text), secrets);
      expectNone(Buffer.from(redaction.bytes(Buffer.from(text))).toString(), secrets);
      const shown: unknown = JSON.parse(redaction.text(JSON.stringify([text])));
      expectNone(String(shown), secrets);
      const encoded = Buffer.from(JSON.stringify({ text })).toString("base64");
      expectNone(JSON.parse(Buffer.from(redaction.text(encoded), "base64").toString()).text, secrets);
    },
    refuses: () => false,
  }),
];
