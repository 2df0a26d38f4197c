import { rename, rm, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { backends } from "./backends.js";
import { labPath } from "./path.js";
import { say, step } from "./progress.js";
import type { BackendName, LabRecord } from "./record.js";
import { destroyAllState, sweepDeadState } from "./state.js";

/**
 * Run a lab until SIGINT or SIGTERM: `npx tsx test/lab/up.ts [--json FILE] [--tied] [BACKEND…]`.
 *
 * FILE is rewritten whenever a backend is up. With --tied the lab also ends when stdin ends, so it cannot outlive its
 * parent, and the record is printed to stdout when all backends are up.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { json: { type: "string" }, tied: { type: "boolean" } },
    allowPositionals: true,
  });
  const names = chooseBackends(positionals);
  const ending = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
    if (values.tied) process.stdin.resume().on("end", resolve).on("error", resolve);
  });

  process.env.PATH = await labPath();
  await sweepDeadState();
  const record: LabRecord = { pid: process.pid };
  const stops: (() => Promise<void>)[] = [];
  let written = Promise.resolve();
  const startOne = async <Name extends BackendName>(name: Name) => {
    const { record: its, stop } = await step(`start ${name}`, backends[name]);
    stops.push(stop);
    record[name] = its as LabRecord[Name];
    // One write at a time: several backends may be up at the same moment.
    if (values.json) written = written.then(() => writeRecord(values.json!, record));
    await written;
  };
  const starting = names.map((name) => startOne(name));
  try {
    // An early end does not wait for backends that are still starting; their state is removed below.
    const up = Promise.all(starting).then(() => {
      say(`the lab is up: ${names.join(" ")}`);
      if (values.tied) process.stdout.write(`${JSON.stringify(record)}\n`);
    });
    await Promise.race([ending, up]);
    await ending;
  } catch (error) {
    say(String(error instanceof Error ? (error.stack ?? error.message) : error));
    process.exitCode = 1;
  } finally {
    await step("stop the lab", async () => {
      await Promise.allSettled(stops.map((stop) => stop()));
      await destroyAllState();
      // Tests that started backends may have been killed.
      await sweepDeadState();
      if (values.json) await rm(values.json, { force: true });
    });
  }
  process.exit();
}

function chooseBackends(asked: readonly string[]): BackendName[] {
  const known = Object.keys(backends) as BackendName[];
  const wanted = asked.length > 0 ? asked : (process.env.SLIPWAY_LAB?.split(",") ?? known);
  for (const name of wanted) {
    if (!known.some((one) => one === name))
      throw new Error(`no backend "${name}"; there are ${known.join(", ")}`);
  }
  return known.filter((name) => wanted.includes(name));
}

async function writeRecord(file: string, record: LabRecord): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

await main();
