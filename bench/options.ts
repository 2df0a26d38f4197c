import { parseArgs } from "node:util";
import { cases } from "./cases.js";
import { type ToolName, toolNames } from "./tool.js";

/** The options of the command line. */
export interface BenchOptions {
  engines: (20 | 29)[];
  only: string[];
  tools: ToolName[];
  /** Number of rounds, instead of those of the cases. */
  runs?: number;
  /** How many builds the host has kept before. */
  kept: number;
  quick: boolean;
  /** File for all samples. */
  json?: string;
  /** File of an earlier run, to show beside this one. */
  compare?: string;
  /** File of an earlier run, to use instead of measuring. */
  from?: string;
  /** Whether to write tables and charts into docs. */
  docs: boolean;
  /** Folder for CPU profiles of the host. */
  profile?: string;
}

const usage = `Usage: npm run bench -- [OPTION…]
  --engine 20,29     engines (default: both)
  --only CASE,…      cases: ${cases.map(({ name }) => name).join(", ")} (default: all)
  --tool NAME,…      ${toolNames.join(", ")} (default: both)
  --runs NUMBER      rounds per case
  --kept NUMBER      ended builds that the host has on record before (default: 0)
  --quick            few rounds, to check that everything works
  --json FILE        also write all samples to a file
  --compare FILE     also show an earlier run, from its --json file, beside this one
  --docs             also write the tables and charts of docs/benchmarks.md
  --from FILE        do not measure: use the --json file of an earlier run
  --profile FOLDER   write a V8 CPU profile of the host for each engine`;

/** Parses the command line. Throws the text to print for a mistake or for --help. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      engine: { type: "string", default: "29,20" },
      only: { type: "string", default: cases.map(({ name }) => name).join(",") },
      tool: { type: "string", default: toolNames.join(",") },
      runs: { type: "string" },
      kept: { type: "string", default: "0" },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      compare: { type: "string" },
      from: { type: "string" },
      docs: { type: "boolean", default: false },
      profile: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) throw new Error(usage);
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  if (runs !== undefined && !(Number.isInteger(runs) && runs > 0))
    throw new Error(`--runs takes a whole number above 0, not ${values.runs}\n${usage}`);
  const kept = Number(values.kept);
  if (!(Number.isInteger(kept) && kept >= 0))
    throw new Error(`--kept takes a whole number, not ${values.kept}\n${usage}`);
  const caseNames = cases.map(({ name }) => name);
  return {
    engines: choose("--engine", values.engine, ["20", "29"]).map((line) => (line === "20" ? 20 : 29)),
    only: choose("--only", values.only, caseNames),
    tools: choose("--tool", values.tool, toolNames),
    runs,
    kept,
    quick: values.quick,
    json: values.json,
    compare: values.compare,
    from: values.from,
    docs: values.docs,
    profile: values.profile,
  };
}

function choose<Name extends string>(flag: string, text: string, known: readonly Name[]): Name[] {
  return text.split(",").map((asked) => {
    const found = known.find((name) => name === asked);
    if (found) return found;
    throw new Error(`${flag}: unknown value ${asked}; use ${known.join(", ")}\n${usage}`);
  });
}
