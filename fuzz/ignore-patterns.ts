import fc from "fast-check";
import { readTypedError } from "../src/errors/typed-error.js";
import { PatternError } from "../src/inputs/files/glob.js";
import { leastCpuMs } from "../src/inputs/files/least-cpu-ms.test-helper.js";
import { PatternMatcher } from "../src/inputs/files/pattern-matcher.js";
import { askPeer, buildPeer } from "./peers/peer.js";

/** Patterns in order, and a path. */
interface Case {
  patterns: string[];
  path: string;
}

/** Result of a comparison with moby/patternmatcher. */
export interface Comparison {
  runs: number;
  /** Cases in which the two matchers differ, with both answers. */
  differences: (Case & { ours: string; theirs: string })[];
  /** Cases that take more CPU time than {@link slowMs}. */
  slow: (Case & { ms: number })[];
  /** The longest CPU time of one case in our matcher, in milliseconds. */
  slowestMs: number;
}

/** CPU time that a case may take at most, in milliseconds. */
const slowMs = 10;

/** Longest patterns with wildcards that the host takes, and paths that Linux has, in bytes. */
const maxPattern = 1024;
const maxPath = 4096;

/** Tokens of patterns: syntax of patternmatcher and of Go's regexp package, and a few letters. */
const tokens = [
  ..."abcxyz.-_ /\\*?[]^!$+(){}|#~é😀0159".split(/(?:)/u),
  "**",
  "**/",
  "/**",
  "*.",
  "..",
  "[a-c]",
  "[^a-c]",
  "[a\\-c]",
  "[]a]",
  "[[:alpha:]]",
  "[\\d]",
  "\\*",
  "\\d",
  "\\w",
  "\\b",
  "\\.",
  "\\pL",
  "{2}",
  "a*a*a*a*a*a*b",
];

const pattern = fc
  .tuple(fc.constantFrom("", "", "", "!", "/", "**/"), fc.array(fc.constantFrom(...tokens), { maxLength: 7 }))
  .map(([start, rest]) => start + rest.join(""));
const component = fc
  .array(fc.constantFrom(..."abcxyzab.-_ é😀0159*[]|{}+$^\\\n".split(/(?:)/u), "aaaaaaaaaaaaaaaa"), {
    minLength: 1,
    maxLength: 5,
  })
  .map((chars) => chars.join(""))
  .filter((name) => name !== "." && name !== "..");
const randomPath = fc.array(component, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));

/** A path that probably matches: a pattern whose wildcards are replaced. */
const likelyPath = (from: string) =>
  fc.array(fc.constantFrom("a", "b", "ab", "x/y", "1"), { minLength: 4, maxLength: 4 }).map((texts) => {
    let next = 0;
    const text = from.replace(/\*\*\/?|\*|\?|\[[^\]]*\]|\\./g, () => texts[next++ % texts.length]!);
    const names = text.replace(/^!/, "").split("/");
    return names.filter((name) => !["", ".", ".."].includes(name)).join("/") || "a";
  });

const shortCases: fc.Arbitrary<Case> = fc
  .array(pattern, { minLength: 1, maxLength: 3 })
  .chain((patterns) =>
    fc.oneof(randomPath, likelyPath(patterns[0]!)).map((path): Case => ({ patterns, path })),
  );

/** The beginning of a text that has at most this many bytes. */
const within = (bytes: number, text: string) =>
  Buffer.from(text)
    .subarray(0, bytes)
    .toString()
    .replace(/\uFFFD+$/, "");

/** Up to three tokens, repeated up to a length. */
const repeated = (tokens: readonly string[], maxLength: number) =>
  fc
    .tuple(fc.array(fc.constantFrom(...tokens), { minLength: 1, maxLength: 3 }), fc.nat(maxLength))
    .map(([unit, length]) => within(length, unit.join("").repeat(Math.ceil(length / unit.join("").length))));

const wildcards = ["*", "**", "**/", "?", "[ab]", "[^b]", "[a-é]", "a", "b", "é", ".", "/", "\\a", "\\*"];
/** Long patterns and paths, with the syntax that takes most time. Paths are in few folders, since moby matches each. */
const longCases: fc.Arbitrary<Case> = fc
  .tuple(
    fc.constantFrom("", "", "!", "**/"),
    fc.oneof(repeated(wildcards, maxPattern - 16), repeated([...wildcards, ...tokens], 100)),
    fc.constantFrom("", "*", "a", "b", "*b", "/**"),
    fc.constantFrom("", "x/"),
    repeated(["a", "b", "ab", "é", "😀", ".", "\n", "cdefghijklmnopqrstuvwxyz"], maxPath - 16),
    fc.constantFrom("a", "b", "a/a", "\n/b"),
  )
  .map(([start, middle, end, folder, name, last]) => ({
    patterns: ["*a", start + middle + end],
    path: folder + name + last,
  }));

/** One long case among many short ones. */
const cases = fc.oneof({ weight: 399, arbitrary: shortCases }, { weight: 1, arbitrary: longCases });

/** Compares our matcher with moby's on generated cases. Needs Go. */
export async function compareWithMoby(runs: number, seed: number): Promise<Comparison> {
  const peer = await buildPeer("patternmatcher");
  const result: Comparison = { runs: 0, differences: [], slow: [], slowestMs: 0 };
  const size = 10_000;
  for (let done = 0; done < runs; done += size) {
    const batch = fc.sample(cases, { seed: seed + done, numRuns: Math.min(size, runs - done) });
    const theirs = await askPeer(
      peer,
      batch.map(({ patterns, path }) => [path, ...patterns]),
    );
    for (const [index, { patterns, path }] of batch.entries()) {
      let ours = "";
      const ms = await leastCpuMs(async () => {
        ours = await answer(patterns, path);
      });
      result.slowestMs = Math.max(result.slowestMs, ms);
      if (ms > slowMs) result.slow.push({ patterns, path, ms });
      // A pattern that takes too long with a path is refused, in time.
      if (ours !== theirs[index] && ours !== refused)
        result.differences.push({ patterns, path, ours, theirs: theirs[index]! });
    }
    result.runs += batch.length;
  }
  return result;
}

/** Compares the matchers, and prints the result. Returns the number of differences and of slow cases. */
export async function fuzzIgnorePatterns(runs: number, seed: number): Promise<number> {
  const { differences, slow, slowestMs, ...done } = await compareWithMoby(runs, seed);
  for (const fault of [...differences, ...slow]) console.log(JSON.stringify(fault));
  console.log(
    `ignore patterns: ${done.runs} pairs, ${differences.length} differences, ${slow.length} above ${slowMs} ms, slowest ${slowestMs.toFixed(1)} ms`,
  );
  return differences.length + slow.length;
}

/** The answer for a pattern that is no mere wildcard and takes too long. */
const refused = "refused";

async function answer(patterns: string[], path: string): Promise<string> {
  try {
    return (await (await PatternMatcher.parse(patterns)).match(path)).matched ? "1" : "0";
  } catch (cause) {
    if (cause instanceof PatternError) return "E";
    if (readTypedError(cause).reason === "DOCKERIGNORE_TOO_LARGE") return refused;
    throw cause;
  }
}
