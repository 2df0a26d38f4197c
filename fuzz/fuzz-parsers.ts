import { Fuzzer } from "./fuzzer.js";
import { targets as parsers } from "./parsers.js";

/** What to fuzz, and for how long. */
export interface FuzzParsersOptions {
  /** Inputs of one round of each parser. */
  runs: number;
  seed: number;
  /** Rounds begin before this time, in milliseconds since 1970. Default: one round. */
  until?: number;
  /** Name of one parser. Default: all. */
  only?: string;
}

/** Fuzzes parsers, and prints the results. Returns the number of faults. */
export async function fuzzParsers({ runs, seed, until, only }: FuzzParsersOptions): Promise<number> {
  const targets = parsers.filter(({ name }) => !only || name === only);
  if (targets.length === 0) throw new Error(`no parser is named ${only}`);
  const fuzzer = new Fuzzer({ module: new URL("./parsers.ts", import.meta.url) });
  let total = 0;
  let faults = 0;
  let round = seed;
  try {
    do {
      for (const target of targets) {
        const result = await fuzzer.fuzz(target, runs, round);
        total += result.runs;
        console.log(
          `${target.name}: ${result.runs} inputs, ${result.faults.length} faults, slowest ${result.slowestMs.toFixed(1)} ms`,
        );
        for (const { input, error } of result.faults) {
          faults += 1;
          console.log(`  ${JSON.stringify(input)}\n  ${error}`);
          console.log(
            `  repeat: npm run fuzz -- --only ${JSON.stringify(target.name)} --seed ${round} --runs ${runs}`,
          );
        }
      }
      round += 1;
    } while (until !== undefined && Date.now() < until);
  } finally {
    await fuzzer.close();
  }
  console.log(`parsers: ${total} inputs, ${faults} faults`);
  return faults;
}
