import { readdirSync } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll } from "vitest";
import { checks, type DriverReport, runConformance } from "../../src/conformance/index.js";
import { NodeConfigSchema } from "../../src/gen/slipway/driver/v1/node_pb.js";
import { bundle } from "../lab/bundle.js";
import { lab } from "../lab/index.js";
import { destroyState, makeState } from "../lab/state.js";
import { storeVariable } from "./conforming/store.js";

const faulty = join(import.meta.dirname, "faulty");
const conforming = (name: string) => join(import.meta.dirname, "conforming", `${name}.ts`);

let folder: string;

/** Builds the plugins before the tests of a file, and deletes them and their nodes afterwards. */
export function buildPlugins(): void {
  beforeAll(async () => {
    folder = await makeState("plugins");
    await mkdir(join(folder, "nodes"));
    const programs = {
      ...faultyPlugins(),
      conforming: conforming("main"),
      minimal: conforming("minimal"),
      "over-http": conforming("over-http"),
    };
    await bundle(programs, join(folder, "bin"));
  });
  afterAll(() => destroyState(folder));
}

/** The entry points of the faulty plugins, by the names of their checks. */
export function faultyPlugins(): Record<string, string> {
  const names = readdirSync(faulty).map((name) => name.replace(/\.ts$/, ""));
  return Object.fromEntries(names.map((name) => [name, join(faulty, `${name}.ts`)]));
}

/** Checks that apply only to the other drivers of the plugins, by driver. */
export const checksOfOtherDrivers: Record<string, string[]> = {
  other: ["DRV-VALIDATE-FILES", "DRV-ALLOWED-ADDRESSES"],
  native: checks.map(({ id }) => id).filter((id) => id.startsWith("DRV-NATIVE-")),
};

/** The driver to which a check applies. */
export function driverOf(id: string): string {
  return (
    Object.keys(checksOfOtherDrivers).find((driver) => checksOfOtherDrivers[driver]!.includes(id)) ?? "sample"
  );
}

/** Checks a plugin. */
export async function check(
  name: string,
  { only, driver = "sample" }: { only?: string[]; driver?: string } = {},
): Promise<DriverReport> {
  const store = await mkdtemp(join(folder, "store-"));
  const socket = lab().buildkitd.address.slice("unix://".length);
  const options = { socket, folder: join(folder, "nodes") };
  return runConformance({
    command: [process.execPath, join(folder, "bin", `${name}.mjs`)],
    cwd: folder,
    only,
    driver,
    backend: {
      config: create(NodeConfigSchema, driver === "sample" ? { options } : {}),
      environment: { [storeVariable]: store },
      earlier: [{ version: 1, config: create(NodeConfigSchema, { options: { ...options, seconds: "60" } }) }],
      unreachable: {
        config: create(NodeConfigSchema, { options: { ...options, socket: "/nonexistent/sample.sock" } }),
        environment: { [storeVariable]: "/nonexistent" },
      },
    },
  });
}
