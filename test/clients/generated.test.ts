import { cp } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cached } from "../lab/cache.js";
import { must, run, tempDir } from "../lab/index.js";
import { isSource } from "./clients.js";

const root = join(import.meta.dirname, "../..");

/** A Python with the version of the generator that clients/python uses. */
async function pythonGenerator(): Promise<string> {
  const version = "1.85.1";
  const folder = await cached({
    name: "grpcio-tools",
    text: version,
    async build(folder) {
      await must("python3", ["-m", "venv", folder]);
      await must(join(folder, "bin/python"), ["-m", "pip", "install", "-q", `grpcio-tools==${version}`]);
    },
  });
  return join(folder, "bin");
}

const generators: Record<string, { output: string; generate(folder: string): Promise<unknown> }> = {
  "clients/go": {
    output: "gen",
    generate: (cwd) => must(join(root, "node_modules/.bin/buf"), ["generate"], { cwd, env: withGo() }),
  },
  "clients/python": {
    output: "src/slipway",
    async generate(cwd) {
      const env = { ...process.env, PATH: `${await pythonGenerator()}:${process.env.PATH}` };
      await must("./generate.sh", [], { cwd, env });
    },
  },
};

it.each(Object.keys(generators))("the stubs in %s match the protocol", async (client) => {
  const { output, generate } = generators[client]!;
  const copy = await tempDir();
  await cp(join(root, "proto"), join(copy, "proto"), { recursive: true });
  await cp(join(root, client), join(copy, client), { recursive: true, filter: isSource });
  await generate(join(copy, client));
  const { stdout } = await run("diff", [
    "-r",
    "-x",
    "__pycache__",
    join(copy, client, output),
    join(root, client, output),
  ]);
  expect(stdout, `generate them again: see ${client}/README.md`).toBe("");
});

function withGo(): NodeJS.ProcessEnv {
  return { ...process.env, GOFLAGS: "" };
}
