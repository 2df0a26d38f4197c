import { describe, expect, test } from "vitest";
import { dockerfileImages } from "./dockerfile-images.js";

const images = (text: string, buildArgs = {}, contexts: string[] = []) =>
  dockerfileImages(text, buildArgs, contexts).images;

describe("the images of a Dockerfile", () => {
  test.each<[string, string, string[]]>([
    ["FROM", "FROM --platform=$BUILDPLATFORM r.test/a:1 AS build\nfrom B.test/b", ["r.test/a:1", "B.test/b"]],
    [
      "no stages",
      "FROM r.test/a AS Build\nFROM build\nCOPY --from=build / /\nCOPY --from=0 / /",
      ["r.test/a"],
    ],
    ["not scratch", "FROM scratch", []],
    ["COPY --from", "FROM scratch\nCOPY --link --from=r.test/c /a /b", ["r.test/c"]],
    ["RUN --mount", "FROM scratch\nRUN --mount=type=bind,from=r.test/d,target=/x ls", ["r.test/d"]],
    [
      "RUN --mount that begins with from",
      "FROM scratch\nRUN --mount=from=r.test/d,target=/x ls",
      ["r.test/d"],
    ],
    ["continuation lines", "FROM \\\n# comment\n\n  r.test/e \\\n  AS e", ["r.test/e"]],
    [
      "another escape",
      "# escape=`\nFROM `\nr.test/f\nCOPY a c:\\\nCOPY --from=r.test/g / /",
      ["r.test/f", "r.test/g"],
    ],
    [
      "no heredocs",
      "FROM scratch\nRUN <<A <<-'B'\nFROM r.test/h\nA\nFROM r.test/i\n\tB\nCOPY --from=r.test/j / /",
      ["r.test/j"],
    ],
    [
      "what looks like a heredoc",
      "FROM scratch\nRUN echo $(( 1 <<N ))\nCOPY --from=r.test/k / /",
      ["r.test/k"],
    ],
    [
      "a byte order mark and CRLF",
      "\uFEFFFROM r.test/l\r\nCOPY --from=r.test/m / /\r\n",
      ["r.test/l", "r.test/m"],
    ],
    ["no comments", "# FROM r.test/n\nFROM scratch", []],
  ])("%s", (_, text, expected) => {
    expect(images(text)).toEqual(expected);
  });

  test("excludes named contexts", () => {
    expect(images("FROM Base\nFROM r.test/x", {}, ["base"])).toEqual(["r.test/x"]);
  });
});

describe("variables", () => {
  const head = `ARG REGISTRY=r.test NAME="a b"\nARG FULL=\${REGISTRY}/x\n`;
  test.each<[string, Record<string, string>, string]>([
    ["FROM $REGISTRY/a", {}, "r.test/a"],
    [`FROM \${FULL}:1`, {}, "r.test/x:1"],
    [`FROM \${FULL}:1`, { REGISTRY: "s.test" }, "s.test/x:1"],
    [`FROM \${MISSING:-r.test}/b`, {}, "r.test/b"],
    [`FROM \${REGISTRY:+s.test}/c`, {}, "s.test/c"],
    ["FROM r.test/d-$TARGETARCH", {}, "r.test/d-any"],
    // Without a value they are empty.
    ["FROM $MISSING/e", {}, "/e"],
    ["FROM r.test/e$MISSING", {}, "r.test/e"],
    ["FROM $UNDECLARED/f", { UNDECLARED: "s.test" }, "/f"],
    [`FROM \${MISSING:-\${NONE:-$REGISTRY}}/h`, {}, "r.test/h"],
    [`FROM \${MISSING+s.test}\${REGISTRY?none}/i`, {}, "r.test/i"],
    ["FROM $TARGETARCH/j", { TARGETARCH: "s.test" }, "s.test/j"],
    ["FROM $TARGETPLATFORM/k", {}, "any/k"],
    // Not evaluated.
    [`FROM \${REGISTRY#r.}/g`, {}, `\${REGISTRY#r.}/g`],
    [`FROM \${MISSING:-\${REGISTRY%.x}}/l`, {}, `\${REGISTRY%.x}/l`],
    [`FROM \${MISSING:-$REGISTRY/m`, {}, `\${MISSING:-$REGISTRY/m`],
  ])("%s with %j", (text, buildArgs, expected) => {
    expect(images(head + text, buildArgs)).toEqual([expected]);
  });

  test("of a stage do not count in FROM", () => {
    expect(images("FROM scratch\nARG A=r.test\nFROM $A/x")).toEqual(["/x"]);
  });

  test("are refused by BuildKit in --from and from=", () => {
    const text = `${head}FROM scratch\nARG REGISTRY\nCOPY --from=$REGISTRY/a / /\nRUN --mount=from=$REGISTRY/b ls`;
    expect(images(text)).toEqual([]);
  });
});

test.each([
  ["# syntax=r.test/docker/dockerfile:1\nFROM scratch", "r.test/docker/dockerfile:1"],
  ["#!/usr/bin/env docker\n# escape=`\n#Syntax = r.test/a b\nFROM scratch", "r.test/a b"],
  ["FROM scratch\n# syntax=r.test/late", undefined],
  ["// syntax=r.test/a\nFROM scratch", "r.test/a"],
  [' {"syntax": "r.test/a", "other": "b"}', "r.test/a"],
  ['{"syntax": 1}', undefined],
  ['{"syntax": "r.test/a"', undefined],
])("the frontend of %j", (text, syntax) => {
  expect(dockerfileImages(text, {}, []).syntax).toBe(syntax);
});

describe("hostile Dockerfiles take linear time", () => {
  const many = 100_000;

  test("of variables that double with every line", () => {
    const bomb = Array.from({ length: 60 }, (_, at) => `ARG A${at + 1}=$A${at}$A${at}`);
    const text = ["ARG A0=r.test/0123456789", ...bomb, "FROM $A60", "FROM r.test/a"].join("\n");
    expect(images(text)).toEqual([expect.stringContaining("$A"), "r.test/a"]);
  });

  test("of a long variable that many lines repeat", () => {
    const text = `ARG A\n${"FROM $A\n".repeat(many)}FROM $B`;
    expect(images(text, { A: "a".repeat(500_000) })).toEqual(["a".repeat(500_000), "$A"]);
  });

  test.each([
    ["end", (nested: string) => `${nested}${"}".repeat(many)}`],
    ["do not end", (nested: string) => nested],
  ])("of many nested variables that %s", (_, text) => {
    const nested = text("${A:-".repeat(many));
    expect(images(`FROM ${nested}\nFROM r.test/a`).at(-1)).toBe("r.test/a");
  });

  test("of spaces in a directive", () => {
    const line = `# a=x${" ".repeat(2_000_000)}y`;
    expect(dockerfileImages(`${line}\n# syntax=r.test/a\nFROM scratch`, {}, []).syntax).toBe("r.test/a");
  });

  test.each([
    ["have ends", "<<A\nA\n"],
    ["have no end", "<<-A <<B\n"],
  ])("of heredocs that %s", (_, heredoc) => {
    expect(images(`FROM scratch\n${`RUN ${heredoc}`.repeat(many)}FROM r.test/a`)).toEqual(["r.test/a"]);
  });
});
