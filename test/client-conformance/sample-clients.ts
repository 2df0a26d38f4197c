import { readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";
import { type Report, runClientConformance } from "../../src/conformance/index.js";
import { destroyState, makeState } from "../lab/state.js";

const faulty = join(import.meta.dirname, "faulty");

const conforming = (name: string) => join(import.meta.dirname, "sample", `${name}.ts`);
const conformingClients = {
  conforming: conforming("main"),
  "connect-json": conforming("connect-json"),
  "grpc-web": conforming("grpc-web"),
};

let folder: string;

/** Bundles programs, since the kit starts each many times. Their names get the ending `.mjs`. */
export async function bundle(programs: Record<string, string>, outdir: string): Promise<void> {
  await build({
    entryPoints: programs,
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
}

/** Builds the sample clients before the tests of a file, and deletes them afterwards. */
export function buildSampleClients(): void {
  beforeAll(async () => {
    folder = await makeState("clients");
    await bundle({ ...faultyClients(), ...conformingClients }, folder);
  });
  afterAll(() => destroyState(folder));
}

/** The entry points of the faulty clients, by the names of their checks. */
export function faultyClients(): Record<string, string> {
  const names = readdirSync(faulty).map((name) => name.replace(/\.ts$/, ""));
  return Object.fromEntries(names.map((name) => [name, join(faulty, `${name}.ts`)]));
}

/** The command of a sample client. */
export function sampleCommand(name: string): [program: string, ...args: string[]] {
  return [process.execPath, join(folder, `${name}.mjs`)];
}

/** Checks a sample client. */
export function checkSample(name: string, only?: string[]): Promise<Report> {
  return runClientConformance({ command: sampleCommand(name), cwd: folder, only });
}
