import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type Report, runClientConformance } from "../../src/conformance/index.js";
import { bundle } from "../lab/bundle.js";
import { destroyState, makeState } from "../lab/state.js";

const faulty = join(import.meta.dirname, "faulty");

const conforming = (name: string) => join(import.meta.dirname, "sample", `${name}.ts`);
const conformingClients = {
  conforming: conforming("main"),
  "connect-json": conforming("connect-json"),
  "grpc-web": conforming("grpc-web"),
};

let folder: string;

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
