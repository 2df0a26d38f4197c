/**
 * Fuzzes every parser of external input: `npm run fuzz [-- --runs N] [--seconds N] [--seed N] [--only NAME]`.
 *
 * Prints one line for each target, and the input of each fault as JSON. Exits with 1 if there was a fault. The printed
 * seed repeats the run.
 */
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.js";
import { parsers } from "./parsers.js";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "2000" },
    seconds: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    only: { type: "string" },
  },
});
const targets = parsers.filter(({ name }) => !values.only || name === values.only);
if (targets.length === 0) throw new Error(`no target is named ${values.only}`);
const end = values.seconds ? Date.now() + Number(values.seconds) * 1000 : undefined;
let seed = Number(values.seed);
let total = 0;
let faults = 0;
console.log(`seed ${seed}`);
do {
  for (const target of targets) {
    const result = await fuzz(target, Number(values.runs), seed);
    total += result.runs;
    console.log(
      `${target.name}: ${result.runs} inputs, ${result.faults.length} faults, slowest ${result.slowestMs.toFixed(1)} ms`,
    );
    for (const { input, error } of result.faults) {
      faults += 1;
      console.log(`  ${JSON.stringify(input)}\n  ${error}`);
    }
  }
  seed += 1;
} while (end !== undefined && Date.now() < end);
console.log(`${total} inputs, ${faults} faults`);
process.exitCode = faults > 0 ? 1 : 0;
