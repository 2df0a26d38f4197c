import fc from "fast-check";
import { PatternError } from "../src/inputs/files/glob.js";
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
  /** The longest duration of one case in our matcher, in milliseconds. */
  slowestMs: number;
}

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

const cases: fc.Arbitrary<Case> = fc
  .array(pattern, { minLength: 1, maxLength: 3 })
  .chain((patterns) =>
    fc.oneof(randomPath, likelyPath(patterns[0]!)).map((path): Case => ({ patterns, path })),
  );

/** Compares our matcher with moby's on generated cases. Needs Go. */
export async function compareWithMoby(runs: number, seed: number): Promise<Comparison> {
  const peer = await buildPeer("patternmatcher");
  const result: Comparison = { runs: 0, differences: [], slowestMs: 0 };
  const size = 10_000;
  for (let done = 0; done < runs; done += size) {
    const batch = fc.sample(cases, { seed: seed + done, numRuns: Math.min(size, runs - done) });
    const theirs = await askPeer(
      peer,
      batch.map(({ patterns, path }) => [path, ...patterns]),
    );
    for (const [index, { patterns, path }] of batch.entries()) {
      const { value: ours, ms } = await timed(() => answer(patterns, path));
      result.slowestMs = Math.max(result.slowestMs, ms);
      if (ours !== theirs[index]) result.differences.push({ patterns, path, ours, theirs: theirs[index]! });
    }
    result.runs += batch.length;
  }
  return result;
}

/** Compares the matchers, and prints the result. Returns the number of differences. */
export async function fuzzIgnorePatterns(runs: number, seed: number): Promise<number> {
  const { differences, slowestMs, ...done } = await compareWithMoby(runs, seed);
  for (const difference of differences) console.log(JSON.stringify(difference));
  console.log(
    `ignore patterns: ${done.runs} pairs, ${differences.length} differences, slowest ${slowestMs.toFixed(1)} ms`,
  );
  return differences.length;
}

/** The result and its duration: after a slow run the minimum of up to 5 runs, since other processes share the CPU. */
async function timed<T>(run: () => Promise<T>): Promise<{ value: T; ms: number }> {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; ; attempt += 1) {
    const begin = performance.now();
    const value = await run();
    least = Math.min(least, performance.now() - begin);
    if (least < 5 || attempt === 4) return { value, ms: least };
  }
}

async function answer(patterns: string[], path: string): Promise<string> {
  try {
    return (await new PatternMatcher(patterns).match(path)).matched ? "1" : "0";
  } catch (cause) {
    if (cause instanceof PatternError) return "E";
    throw cause;
  }
}
