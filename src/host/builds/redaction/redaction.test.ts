import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { BuildFinishedSchema, BuildState } from "../../../gen/slipway/v1/build_event_pb.js";
import { redactionOfSpec } from "./secrets.js";

const redactionOf = (marked: string, others: Record<string, string> = {}) =>
  redactionOfSpec(
    create(BuildSpecSchema, { buildArgs: { TOKEN: marked, ...others }, sensitiveParameters: ["TOKEN"] }),
  );

it("masks what the caller marked in every field, but no name of the host's own", () => {
  const redaction = redactionOf("hush");
  const json = Buffer.from('{"name":"hush"}');
  const finished = create(BuildFinishedSchema, {
    state: BuildState.FAILED,
    error: {
      reason: "hush",
      message: "cannot run hush",
      sources: [{ filename: "hush", data: Buffer.from("RUN hush"), ranges: [{ startLine: 1 }] }],
    },
    result: {
      imageNames: ["a", "b:hush"],
      exporterResponse: { node: "hush", info: json.toString("base64") },
      provenance: [{ predicate: json }],
      nodes: [{ node: "hush", exporterResponse: { a: "hush" } }],
    },
  });
  const shown = redaction.message(BuildFinishedSchema, finished);
  const masked = '{"name":"<redacted>"}';
  expect(shown.error).toMatchObject({
    reason: "hush",
    message: "cannot run <redacted>",
    sources: [{ filename: "<redacted>", data: Buffer.from("RUN <redacted>"), ranges: [{ startLine: 1 }] }],
  });
  expect(shown.result).toMatchObject({
    imageNames: ["a", "b:<redacted>"],
    exporterResponse: { node: "<redacted>", info: Buffer.from(masked).toString("base64") },
    provenance: [{ predicate: Buffer.from(masked) }],
    nodes: [{ node: "hush", exporterResponse: { a: "<redacted>" } }],
  });
  expect(finished.error?.message).toBe("cannot run hush");
  expect(redaction.message(BuildFinishedSchema, shown)).toEqual(shown);
});

it("masks values as JSON writes them", () => {
  const redaction = redactionOf('a"<b\n');
  expect(redaction.text(JSON.stringify({ x: 'a"<b\n' }))).toBe('{"x":"<redacted>"}');
  expect(redaction.text('{"x":"a\\"\\u003cb\\n"}')).toBe('{"x":"<redacted>"}');
});

it("masks passwords of proxies and URLs also alone", () => {
  const redaction = redactionOf("", {
    HTTP_PROXY: "user:p%40ss/w@proxy",
    DATABASE: "postgres://u:secret@db",
    REPO: "https://ghp_0123456789abcdef@github.com/x",
  });
  expect(redaction.text("p%40ss/w p@ss/w secret user ghp_0123456789abcdef")).toBe(
    "<redacted> <redacted> <redacted> user <redacted>",
  );
});

it("masks values of at least four characters, and none by chance in a digest", () => {
  const digest = `sha256:${"abcd".repeat(16)}`;
  expect(redactionOf("abc").text("abc")).toBe("abc");
  expect(redactionOf("abcd").text(`abcd ${digest}`)).toBe(`<redacted> ${digest}`);
  const long = "abcd".repeat(8);
  expect(redactionOf(long).text(digest)).toBe("sha256:<redacted>");
});

it("masks bytes that are not text, and leaves others as they are", () => {
  const redaction = redactionOf("gehéim");
  const bytes = Buffer.concat([Buffer.from([0xff, 0]), Buffer.from("gehéim"), Buffer.from([0xfe])]);
  const shown = Buffer.concat([Buffer.from([0xff, 0]), Buffer.from("<redacted>"), Buffer.from([0xfe])]);
  expect(Buffer.from(redaction.bytes(bytes))).toEqual(shown);
  expect(redaction.bytes(shown)).toBe(shown);
});
