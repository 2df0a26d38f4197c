import { Code } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { cleanPath } from "./clean-path.js";
import { PatternError } from "./glob.js";
import { leastCpuMs } from "./least-cpu-ms.test-helper.js";
import { PatternMatcher } from "./pattern-matcher.js";

const matches = async (patterns: string[], path: string) =>
  (await (await PatternMatcher.parse(patterns)).match(path)).matched;

describe("one pattern", () => {
  test.each<[string, string, boolean]>([
    ["a", "a", true],
    ["a", "b", false],
    ["a", "a/b", true],
    ["a", "b/a", false],
    ["a/b", "a/b/c", true],
    ["a/", "a", true],
    ["./a//b/.", "a/b", true],
    ["/a", "a", false],
    [" a ", "a", true],
    ["*", "a", true],
    ["*", "a/b", true],
    ["*.go", "x.go", true],
    ["*.go", "d/x.go", false],
    ["a*", "a/b", true],
    ["a*c", "a/c", false],
    ["?", "é", true],
    ["?", "😀", true],
    ["?", "ab", false],
    ["a?b", "a/b", false],
    ["[a-c]", "b", true],
    ["[a-c]", "d", false],
    ["[^a-c]", "d", true],
    ["[^a-c]", "b", false],
    ["[a\\-c]", "-", true],
    ["[a\\-c]", "b", false],
    ["[!a]", "!", true],
    ["[à-ü]", "é", true],
    ["a]", "a]", true],
    ["\\*", "*", true],
    ["\\*", "a", false],
    ["a\\b", "a", true],
    ["a.b", "axb", false],
    ["a+(b)|{c}$^", "a+(b)|{c}$^", true],
    ["**", "a/b/c", true],
    ["**/", "a", true],
    ["**/a", "a", true],
    ["**/a", "b/c/a", true],
    ["**/a", "ba", false],
    ["**a", "ba", true],
    ["**/*.txt", "a.txt", true],
    ["**/*.txt", "x/y/a.txt", true],
    ["**/*.txt", "x/y/a.txt/z", true],
    ["**/a.txt", "x/a_txt", false],
    ["a/**", "a/b/c", true],
    ["a/**", "a", false],
    ["a/**", "ab/c", false],
    ["a/**/b", "a/b", true],
    ["a/**/b", "a/x/y/b", true],
    ["a/**/b", "a/x/yb", false],
    ["a/*/c", "a/b/c", true],
    ["a/*/c", "a/b/b/c", false],
    ["**/a/**", "x/a/y", true],
    ["**/.git", ".git/config", true],
    ["a/../b", "b", true],
    ["**/?**\\", "a/b/$x", true],
    ["**/?**\\", "a/b/x", false],
  ])("%s on %s", async (pattern, path, expected) => {
    expect(await matches([pattern], path)).toBe(expected);
  });

  test.each(["[", "[a", "[]", "[]a]", "[-a]", "[a-]", "a\\", "!", "[^]"])(
    "%s is malformed",
    async (pattern) => {
      await expect(PatternMatcher.parse([pattern])).rejects.toThrow(PatternError);
    },
  );

  test("what only Go's regexp package refuses is malformed once it is reached", async () => {
    const matcher = await PatternMatcher.parse(["a", "[z-a]"]);
    expect((await matcher.match("a")).matched).toBe(true);
    await expect(matcher.match("b")).rejects.toThrow(PatternError);
  });

  test("a class without members is malformed, also where the check of the syntax does not reach it", async () => {
    const matcher = await PatternMatcher.parse(["**x/**[^]"]);
    await expect(matcher.match("a")).rejects.toThrow(PatternError);
  });

  test("a path of repeated letters takes no more time than any other", async () => {
    expect(await matches(["*a*a*a*a*a*a*b"], "a".repeat(200))).toBe(false);
    expect(await matches(["*a*a*a*a*a*a*b"], `${"a".repeat(200)}b`)).toBe(true);
  });

  // Each takes seconds in a matcher whose time is the product of the lengths.
  test.each([
    ["*a".repeat(512), "a".repeat(4096), true],
    [`${"*a".repeat(511)}*b`, "a".repeat(4096), false],
    [`**/${"?".repeat(1021)}`, `${"x/".repeat(1500)}${"é".repeat(1021)}`, true],
    ["*[ab]".repeat(204), "ab".repeat(2048), true],
    ["**/*a".repeat(204), "a/".repeat(2047), true],
  ])("of 1 KiB with a path of 4 KiB takes no seconds", async (pattern, path, expected) => {
    const matcher = await PatternMatcher.parse([pattern]);
    const ms = await leastCpuMs(async () => expect((await matcher.match(path)).matched).toBe(expected));
    expect(ms).toBeLessThan(200);
  });

  test.each([
    ["a|b*", "x".repeat(4000)],
    ["[ab]{1000}", "a"],
  ])("%s, an expression beyond wildcards, is refused where it takes too long", async (pattern, path) => {
    const matcher = await PatternMatcher.parse([pattern]);
    await expect(matcher.match(path)).rejects.toMatchObject({
      code: Code.ResourceExhausted,
      rawMessage: expect.stringMatching(/^The ignore file is too large: the pattern .* takes too long/),
    });
    expect((await (await PatternMatcher.parse(["[ab]{2}|c"])).match("ab")).matched).toBe(true);
  });

  test("ignores blank lines", async () => {
    expect(await matches(["", "  ", "\t"], "a")).toBe(false);
  });
});

describe("many patterns", () => {
  test("are refused above the limits", async () => {
    const refusal = expect.objectContaining({
      code: Code.ResourceExhausted,
      rawMessage: expect.stringMatching(/^The ignore file is too large: (it|the pattern ".*") has /),
    });
    await expect(PatternMatcher.parse(Array(50_001).fill("a"))).rejects.toThrow(refusal);
    await expect(PatternMatcher.parse(Array(1025).fill("a".repeat(4096)))).rejects.toThrow(refusal);
    await expect(PatternMatcher.parse(["é".repeat(2049)])).rejects.toThrow(refusal);
    await expect(PatternMatcher.parse(["*é".repeat(342)])).rejects.toThrow(refusal);
    expect(await PatternMatcher.parse(["a".repeat(4096), ...Array(40_000).fill("a")])).toBeDefined();
  });

  test("let other events of the process be handled meanwhile", async () => {
    const matcher = await PatternMatcher.parse(Array(10_000).fill("*a*a*a*a*a*a*b"));
    let events = 0;
    const clock = setInterval(() => events++, 1);
    await matcher.match("a".repeat(255));
    clearInterval(clock);
    expect(events).toBeGreaterThan(5);
  });

  test("let other events of the process be handled while they are parsed", async () => {
    let events = 0;
    const clock = setInterval(() => events++, 1);
    await PatternMatcher.parse(Array(4000).fill("[ab]".repeat(256)));
    clearInterval(clock);
    expect(events).toBeGreaterThan(5);
  });

  test("hit a folder independently of each other", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `n${i}`);
    for (const name of names) {
      const matcher = await PatternMatcher.parse(names);
      const folder = await matcher.match(name);
      expect(folder.hits).toHaveLength(3);
      expect((await matcher.match(`${name}/x`, folder)).matched).toBe(true);
      const other = await matcher.match("other");
      expect((await matcher.match(`${name}/x`, other)).matched).toBe(false);
    }
  });
});

describe("several patterns", () => {
  test.each<[string[], string, boolean]>([
    [["*", "!a"], "a", false],
    [["*", "!a"], "b", true],
    [["!a", "*"], "a", true],
    [["d", "!d/keep"], "d/keep", false],
    [["d", "!d/keep"], "d/other", true],
    [["d", "!d/keep", "d/keep/not"], "d/keep/not", true],
    [["**", "!**/*.md", "README.md"], "docs/a.md", false],
    [["**", "!**/*.md", "README.md"], "README.md", true],
    [["! a"], "a", false],
  ])("%j on %s", async (patterns, path, expected) => {
    expect(await matches(patterns, path)).toBe(expected);
  });

  test("what hit a folder hits what is in it", async () => {
    const matcher = await PatternMatcher.parse(["a?", "!ab/keep*"]);
    const folder = await matcher.match("ab");
    expect(folder.matched).toBe(true);
    expect((await matcher.match("ab/x", folder)).matched).toBe(true);
    expect((await matcher.match("ab/keep1", folder)).matched).toBe(false);
  });

  test("a folder is searched only where a pattern could hit", async () => {
    const plain = await PatternMatcher.parse(["a/b", "!c/d/*"]);
    expect(plain.mayMatchInside("a")).toBe(true);
    expect(plain.mayMatchInside("ab")).toBe(false);
    expect(plain.mayExceptInside("c")).toBe(true);
    expect(plain.mayExceptInside("c/d")).toBe(true);
    expect(plain.mayExceptInside("a")).toBe(false);
    const wild = await PatternMatcher.parse(["**/x", "!a*/y"]);
    expect(wild.mayMatchInside("any")).toBe(true);
    expect(wild.mayExceptInside("any")).toBe(true);
    expect((await PatternMatcher.parse(["a"])).mayExceptInside("a")).toBe(false);
  });
});

test.each([
  ["", "."],
  ["/", "/"],
  ["a//b/../c/", "a/c"],
  ["../../a", "../../a"],
  ["/../a", "/a"],
  ["a/..", "."],
])("cleanPath(%j) is %j", (path, clean) => {
  expect(cleanPath(path)).toBe(clean);
});
