import { create } from "@bufbuild/protobuf";
import { expect, test, vi } from "vitest";
import { SourceLocationSchema } from "../../gen/slipway/build/v1/source_pb.js";
import { jsonLine, parseListFormat } from "./format.js";
import { binarySize, goDuration, humanDuration, humanSize } from "./human.js";
import { helpWidth, printError } from "./print.js";
import { sourceExcerpt } from "./source-excerpt.js";
import { alignColumns, table } from "./table.js";

test("formats tables as docker does", () => {
  const rows = [
    ["default*", "docker", "", "", ""],
    [" \\_ default", " \\_ default", "running", "v0.33.0", "linux/amd64 (+4)"],
  ];
  expect(table(["NAME/NODE", "DRIVER/ENDPOINT", "STATUS", "BUILDKIT", "PLATFORMS"], rows)).toBe(
    [
      "NAME/NODE     DRIVER/ENDPOINT   STATUS    BUILDKIT   PLATFORMS",
      "default*      docker                                 ",
      " \\_ default    \\_ default       running   v0.33.0    linux/amd64 (+4)",
      "",
    ].join("\n"),
  );
});

test("ends a column at a line that does not reach it", () => {
  const rows = [
    ["Name:", "x"],
    [""],
    ["Nodes:"],
    ["Endpoint:", "y"],
    ["All:"],
    ["", "a:", "1"],
    ["", "longer:", "2"],
  ];
  expect(alignColumns(rows)).toBe("Name: x\n\nNodes:\nEndpoint: y\nAll:\n a:      1\n longer: 2\n");
});

// The expected values are those of docker's go-units and Go's time.
test.each([
  [4096, "4.096kB"],
  [1_068_000, "1.068MB"],
  [12_420, "12.42kB"],
  [999, "999B"],
  [0, "0B"],
])("%d bytes are %s", (bytes, text) => expect(humanSize(bytes)).toBe(text));

test("formats binary sizes and durations", () => {
  expect(binarySize(3_592_570_859n)).toBe("3.346GiB");
  expect(goDuration(172_800_000)).toBe("48h0m0s");
  expect(
    [0, 1, 59, 60, 119, 120, 3600, 7200, 172_800, 1_209_600].map((s) => humanDuration(s * 1000)),
  ).toEqual([
    "Less than a second",
    "1 second",
    "59 seconds",
    "About a minute",
    "About a minute",
    "2 minutes",
    "About an hour",
    "2 hours",
    "2 days",
    "2 weeks",
  ]);
});

test("parses list formats", () => {
  expect([parseListFormat("table"), parseListFormat("json"), parseListFormat("{{json .}}")]).toEqual([
    "table",
    "json",
    "json",
  ]);
  expect(() => parseListFormat("{{.Name}}")).toThrow("Unknown format");
  expect(jsonLine({ b: 1, a: { d: undefined, c: "<" } })).toBe('{"a":{"c":"\\u003c"},"b":1}\n');
});

function location(text: string, startLine: number, endLine = startLine) {
  return create(SourceLocationSchema, {
    filename: "Dockerfile",
    data: Buffer.from(text),
    ranges: [{ startLine, endLine }],
  });
}

// Both excerpts are output of buildx.
test("marks lines of an excerpt as BuildKit does", () => {
  expect(sourceExcerpt(location("FROM slipway.test/base:1\nRNU echo hi\n", 2))).toBe(
    [
      "Dockerfile:2",
      "--------------------",
      "   1 |     FROM slipway.test/base:1",
      "   2 | >>> RNU echo hi",
      "   3 |     ",
      "--------------------",
      "",
    ].join("\n"),
  );
  expect(sourceExcerpt(location("FROM slipway.test/base:1 as one\nMAINTAINER me\nRUN echo hi\n", 1))).toBe(
    [
      "Dockerfile:1",
      "--------------------",
      "   1 | >>> FROM slipway.test/base:1 as one",
      "   2 |     MAINTAINER me",
      "   3 |     RUN echo hi",
      "--------------------",
      "",
    ].join("\n"),
  );
});

test("returns no excerpt for a missing line", () => {
  expect(sourceExcerpt(location("FROM x\n", 9))).toBe("");
});

test("colours ERROR and WARNING at the beginning of a line on a terminal, unless NO_COLOR is set", () => {
  const written: unknown[] = [];
  const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(text) > 0);
  const { isTTY } = process.stderr;
  const printed = (isTerminal: boolean, NO_COLOR: string) => {
    process.stderr.isTTY = isTerminal;
    for (const name of ["BUILDKIT_COLORS", "FORCE_COLOR", "CLICOLOR_FORCE"]) vi.stubEnv(name, "");
    vi.stubEnv("NO_COLOR", NO_COLOR);
    printError("WARNING: An ERROR: no.\nERROR: It\u001b[1m failed.\n");
    return written.pop();
  };
  try {
    const plain = "WARNING: An ERROR: no.\nERROR: It\\u001b[1m failed.\n";
    expect([printed(false, ""), printed(true, "1")]).toEqual([plain, plain]);
    expect(printed(true, "")).toBe(
      "\u001b[33mWARNING\u001b[0m: An ERROR: no.\n\u001b[31mERROR\u001b[0m: It\\u001b[1m failed.\n",
    );
  } finally {
    write.mockRestore();
    process.stderr.isTTY = isTTY;
    vi.unstubAllEnvs();
  }
});

test.each([
  ["40", 40],
  ["100", 100],
  ["400", 100],
  ["none", 80],
])("with COLUMNS=%s the help has %i columns", (columns, width) => {
  vi.stubEnv("COLUMNS", columns);
  expect(helpWidth()).toBe(width);
  vi.unstubAllEnvs();
});
