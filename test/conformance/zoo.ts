import { readdirSync } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";
import { checks, type Report, runConformance } from "../../src/conformance/index.js";
import { NodeConfigSchema } from "../../src/gen/slipway/driver/v1/node_pb.js";
import { lab } from "../lab/index.js";
import { destroyState, makeState } from "../lab/state.js";
import { storeVariable } from "./well/store.js";

const zoo = join(import.meta.dirname, "zoo");
const own = (name: string) => join(import.meta.dirname, "well", `${name}.ts`);

let folder: string;

/** Builds the plugins before the tests of a file, and removes them and their nodes afterwards. */
export function keepZoo(): void {
  beforeAll(async () => {
    folder = await makeState("zoo");
    await mkdir(join(folder, "nodes"));
    await build({
      entryPoints: { ...animals(), well: own("main"), bare: own("bare") },
      outdir: join(folder, "bin"),
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
  });
  afterAll(() => destroyState(folder));
}

/** The broken plugins, by the names of their checks. */
export function animals(): Record<string, string> {
  const names = readdirSync(zoo).map((name) => name.replace(/\.ts$/, ""));
  return Object.fromEntries(names.map((name) => [name, join(zoo, `${name}.ts`)]));
}

/** Checks of what only the other drivers of the zoo have. */
export const ofOthers: Record<string, string[]> = {
  keeper: ["DRV-VALIDATE-FILES"],
  mason: checks.map(({ id }) => id).filter((id) => id.startsWith("DRV-NATIVE-")),
};

/** The driver of the zoo that a check is about. */
export function ownerOf(id: string): string {
  return Object.keys(ofOthers).find((driver) => ofOthers[driver]!.includes(id)) ?? "zoo";
}

/** Checks a plugin of the zoo. */
export async function check(
  name: string,
  { only, driver = "zoo" }: { only?: string[]; driver?: string } = {},
): Promise<Report> {
  const store = await mkdtemp(join(folder, "store-"));
  const socket = lab().buildkitd.address.slice("unix://".length);
  const options = { socket, folder: join(folder, "nodes") };
  return runConformance({
    command: [process.execPath, join(folder, "bin", `${name}.mjs`)],
    cwd: folder,
    only,
    driver,
    backend: {
      config: create(NodeConfigSchema, driver === "zoo" ? { options } : {}),
      environment: { [storeVariable]: store },
      unreachable: {
        config: create(NodeConfigSchema, { options: { ...options, socket: "/nonexistent/zoo.sock" } }),
        environment: { [storeVariable]: "/nonexistent" },
      },
    },
  });
}
