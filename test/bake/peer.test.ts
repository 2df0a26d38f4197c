import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { planBake } from "../../src/bake/plan-bake.js";
import { printable } from "../../src/bake/print.js";
import { forEachLimit } from "../../src/util/for-each-limit.js";
import { lab, run, tempDir } from "../lab/index.js";
import { definitions } from "./definitions.js";

const count = 300;

/** What `bake --print` of buildx answers; undefined when it refuses the file. */
async function theirs(file: string, home: string): Promise<unknown> {
  const env = { PATH: process.env.PATH, HOME: home, BUILDX_CONFIG: home };
  const { code, stdout } = await run(lab().buildx, ["bake", "--print", "--file", file], { env, cwd: home });
  return code === 0 ? JSON.parse(stdout) : undefined;
}

/** Why we refused files, by name. */
const refusals = new Map<string, string>();

async function ours(name: string, text: string): Promise<unknown> {
  const nothing = { targets: [], overrides: [], variables: {}, environment: {}, dotEnv: {}, contextUrl: "" };
  const builtIn = { BAKE_CMD_CONTEXT: "cwd://", BAKE_LOCAL_PLATFORM: "linux/amd64" };
  try {
    const { resolved } = await planBake({ ...nothing, files: [{ name, text }], builtIn, listOnly: false });
    return JSON.parse(JSON.stringify(printable(resolved!)));
  } catch (cause) {
    refusals.set(name, String(cause));
    return undefined;
  }
}

test(`resolves ${count} generated files as buildx does`, async () => {
  const home = await tempDir();
  const texts = fc.sample(definitions, { seed: 20_261_201, numRuns: count });
  const differences: object[] = [];
  let resolved = 0;
  await forEachLimit(texts.entries(), 2, async ([index, text]) => {
    const file = join(home, `${index}.hcl`);
    await writeFile(file, text);
    const [expected, found] = [await theirs(file, home), await ours(`${index}.hcl`, text)];
    if (expected) resolved += 1;
    // In buildx the order of the names that a matrix makes is random, and a zero can have a sign.
    const comparable = (value: unknown) => JSON.stringify(value, sorted)?.replaceAll('"-0"', '"0"');
    if (comparable(expected) !== comparable(found))
      differences.push({ text, leaves: leaves(expected, found), refusal: refusals.get(`${index}.hcl`) });
  });
  expect(differences).toEqual([]);
  expect(resolved).toBeGreaterThan(count / 2);
});

/** The values that differ, by path. */
function leaves(expected: unknown, found: unknown, path = ""): string[] {
  if (!isObject(expected) || !isObject(found))
    return expected === found ? [] : [`${path}: ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`];
  const keys = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...keys].flatMap((key) => leaves(expected[key], found[key], `${path}.${key}`));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Objects with sorted keys, and the members of groups sorted. */
function sorted(key: string, value: unknown): unknown {
  if (key === "targets" && Array.isArray(value)) return [...value].sort();
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
