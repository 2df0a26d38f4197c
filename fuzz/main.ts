/**
 * Fuzzes every parser of external input, and builds under faults:
 * `npm run fuzz [-- --seed N] [--seconds N] [--runs N] [--builds N] [--lanes N] [--only parsers|builds|NAME]`.
 * `--only ignore-patterns` compares the matcher of ignore files with moby's in Go, and
 * `--only templates` our templates with docker's.
 *
 * Prints one line for each parser and one for the builds, and for each fault how to repeat it. Exits with 1 if there
 * was a fault. The printed seed repeats the run; NAME is that of a parser.
 */
import { parseArgs } from "node:util";
import { labPath } from "../test/lab/path.js";
import { fuzzBuilds } from "./faults/fuzz-builds.js";
import { fuzzParsers } from "./fuzz-parsers.js";
import { fuzzIgnorePatterns } from "./ignore-patterns.js";
import { fuzzTemplates } from "./templates.js";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "2000" },
    builds: { type: "string" },
    lanes: { type: "string", default: "6" },
    seconds: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    only: { type: "string" },
  },
});
const seed = Number(values.seed);
const { only } = values;
const begin = Date.now();
const untilShare = (share: number) =>
  values.seconds === undefined ? undefined : begin + Number(values.seconds) * 1000 * share;

console.log(`seed ${seed}`);
let faults = 0;
const peers: Record<string, (runs: number, seed: number) => Promise<number>> = {
  "ignore-patterns": fuzzIgnorePatterns,
  templates: fuzzTemplates,
};
const fuzzWithPeer = peers[only ?? ""];
if (fuzzWithPeer) {
  process.env.PATH = await labPath();
  faults += await fuzzWithPeer(Number(values.runs), seed);
} else if (only !== "builds") {
  const share = only === undefined ? 0.3 : 1;
  const name = only === "parsers" ? undefined : only;
  faults += await fuzzParsers({ runs: Number(values.runs), seed, until: untilShare(share), only: name });
}
if (only === undefined || only === "builds") {
  const builds = Number(values.builds ?? (values.seconds === undefined ? 500 : Number.MAX_SAFE_INTEGER));
  faults += await fuzzBuilds({ seed, builds, lanes: Number(values.lanes), until: untilShare(1) });
}
process.exitCode = faults > 0 ? 1 : 0;
