/**
 * Runs many builds on one host, and fails when its memory, descriptors or event loop delay grow:
 * `npm run soak [-- --minutes N] [--builds N] [--lanes N] [--every SECONDS] [--seed N] [--out FOLDER]`.
 *
 * Writes samples.csv and soak.svg to the folder.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { labPath } from "../test/lab/path.js";
import { startBackends } from "./backends.js";
import { plot } from "./plot.js";
import { goodEnds, runBuilds } from "./run-builds.js";
import { parseSamples } from "./samples.js";
import { judge } from "./verdict.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    builds: { type: "string", default: "5000" },
    lanes: { type: "string", default: "4" },
    every: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    out: { type: "string", default: "soak-results" },
  },
});
process.env.PATH = await labPath();
const out = resolve(values.out);
await mkdir(out, { recursive: true });
const file = join(out, "samples.csv");
await rm(file, { force: true });

const backends = await startBackends({ file, seconds: Number(values.every) });
try {
  const begin = Date.now();
  const ends = await runBuilds(backends, {
    builds: Number(values.builds),
    durationMs: Number(values.minutes) * 60_000,
    lanes: Number(values.lanes),
    seed: Number(values.seed),
  });
  const minutes = Math.round((Date.now() - begin) / 6_000) / 10;
  const samples = parseSamples(await readFile(file, "utf8"));
  const title = `${values.builds} builds in ${minutes} minutes`;
  await writeFile(join(out, "soak.svg"), plot(samples, title));
  console.log(`${title}, ${samples.length} samples, ends: ${JSON.stringify(ends)}`);
  const bad = Object.keys(ends).filter((end) => !goodEnds.has(end));
  const verdicts = judge(samples);
  for (const { metric, first, last, limit, isFlat } of verdicts)
    console.log(
      `${metric}: ${Math.round(first)} in the first third, ${Math.round(last)} in the last; limit ${Math.round(limit)}; ${isFlat ? "flat" : "grows"}`,
    );
  if (bad.length > 0 || verdicts.some(({ isFlat }) => !isFlat)) process.exitCode = 1;
} catch (cause) {
  console.error(await backends.host.logTail());
  throw cause;
} finally {
  await backends.close();
}
