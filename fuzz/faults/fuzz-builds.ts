import { labPath } from "../../test/lab/path.js";
import type { DrillReport } from "./drill.js";
import { Stage } from "./stage.js";

/** How many builds to run, and how. */
export interface FuzzBuildsOptions {
  /** The first build's seed; each further build adds 1. */
  seed: number;
  /** Maximum number of builds. */
  builds: number;
  /** How many run at the same time. */
  lanes: number;
  /** No build starts after this time, in milliseconds since 1970. */
  until?: number;
}

/** Builds without faults before the others, which start whatever stays: enough for every link. */
const warmUps = 30;

/** Runs builds under faults on a real buildkitd and registry, and prints the results. Returns the number of problems. */
export async function fuzzBuilds({ seed, builds, lanes, until }: FuzzBuildsOptions): Promise<number> {
  process.env.PATH = await labPath();
  const stage = await Stage.open(lanes);
  try {
    const warm = await stage.warmUp(seed, warmUps);
    await stage.remember();
    const begin = Date.now();
    let done = 0;
    const report = await stage.drill({
      seed,
      count: builds,
      until,
      onOutcome(trial, { problem }) {
        done += 1;
        if (done % 1000 === 0) console.log(`${done} builds in ${Math.round((Date.now() - begin) / 1000)} s`);
        if (problem)
          console.log(`build ${trial.seed}: ${problem}\n  ${JSON.stringify(trial)}\n  ${repeat(trial.seed)}`);
      },
    });
    const seconds = (Date.now() - begin) / 1000;
    const dead = stage.hosts.filter((host) => host.exit());
    for (const host of dead) console.log(`a host ended with ${host.exit()}:\n${await host.logTail()}`);
    const leaks = dead.length > 0 ? [] : await stage.leaks();
    for (const leak of leaks) console.log(`leak: ${leak}`);
    for (const { problem } of warm.problems) console.log(`without faults: ${problem}`);
    print(report, seconds);
    return warm.problems.length + report.problems.length + dead.length + leaks.length;
  } finally {
    await stage.close();
  }
}

const repeat = (seed: number) => `repeat: npm run fuzz -- --only builds --seed ${seed} --builds 1`;

function print({ trials, problems, injected, ends }: DrillReport, seconds: number): void {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  console.log(`faults: ${list(injected)}`);
  console.log(`ends: ${list(ends)}`);
  console.log(`builds: ${trials} in ${Math.round(seconds)} s, ${problems.length} problems`);
}
