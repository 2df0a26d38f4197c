import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { purposes, rooms } from "../layers.mjs";

const root = join(import.meta.dirname, "..");
const configuration = ["layers.mjs", ".dependency-cruiser.mjs", "tsconfig.json", "package.json"];

/** Files without violations; each test adds one or two files. */
const base = {
  "src/util/list.ts": "export type List = string[];",
  "src/errors/fault.ts": "export type Fault = string;",
  "src/buildkit/client.ts": 'import type { List } from "../util/list.js";\nexport type Client = List;',
  "src/driver/index.ts": 'import type { Fault } from "../errors/fault.js";\nexport type Driver = Fault;',
  "src/driver/buildkit.ts": 'export type { Client } from "../buildkit/client.js";',
  "test/lab.ts": "export const lab = 1;",
  "bench/main.ts": "export const bench = 1;",
  "fuzz/main.ts": "export const fuzz = 1;",
  "soak/main.ts": "export const soak = 1;",
  "scripts/build.ts": "export const build = 1;",
  "plugins/remote/src/main.ts": 'import type { Driver } from "slipway/driver";\nexport type Remote = Driver;',
};

/** Runs `npm run lint:layers` on a small repository with our configuration. */
async function lintLayers(files: Record<string, string>): Promise<{ failed: boolean; violations: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-layers-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const name of configuration) await cp(join(root, name), join(folder, name));
  for (const [path, text] of Object.entries({ ...base, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), `${text}\n`);
  }
  const env = {
    ...process.env,
    PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}`,
    NO_COLOR: "1",
  };
  return new Promise((resolve) => {
    execFile("npm", ["run", "--silent", "lint:layers"], { cwd: folder, env }, (error, stdout) => {
      const violations = [...stdout.matchAll(/^ {2}error (.*)$/gm)].map(([, text]) => text!.trim());
      resolve({ failed: error !== null, violations });
    });
  });
}

test("imports that the table allows pass", async () => {
  expect(await lintLayers({})).toEqual({ failed: false, violations: [] });
});

test("an import that the table does not allow fails, even of a type", async () => {
  const { failed, violations } = await lintLayers({
    "src/errors/list.ts": 'import type { List } from "../util/list.js";\nexport type Faults = List;',
    "src/util/client.ts": 'export { Client } from "../buildkit/client.js";',
  });
  expect(failed).toBe(true);
  expect(violations).toContain("layer src/errors: src/errors/list.ts → src/util/list.ts");
  expect(violations).toContain("layer src/util: src/util/client.ts → src/buildkit/client.ts");
});

test("a plugin that imports more than the published SDK fails", async () => {
  const source = 'import type { List } from "../../../src/util/list.js";\nexport type Lists = List[];';
  expect(await lintLayers({ "plugins/remote/src/lists.ts": source })).toEqual({
    failed: true,
    violations: ["layer plugins/remote: plugins/remote/src/lists.ts → src/util/list.ts"],
  });
});

test("a unit test that imports another room fails", async () => {
  const files = {
    "src/util/client.test.ts":
      'import type { Client } from "../buildkit/client.js";\nexport type C = Client;',
    "src/util/lab.test.ts": 'export { lab } from "../../test/lab.js";',
  };
  const { violations } = await lintLayers(files);
  expect(violations).toEqual([
    "layer src/util: src/util/lab.test.ts → test/lab.ts",
    "layer src/util: src/util/client.test.ts → src/buildkit/client.ts",
  ]);
});

test("a cycle of tests fails", async () => {
  const { violations } = await lintLayers({
    "test/a.ts": 'import { b } from "./b.js";\nexport const a = b;',
    "test/b.ts": 'import { a } from "./a.js";\nexport const b = a;',
  });
  expect(violations.join()).toContain("no-cycle: test/a.ts →");
});

test("a cycle fails, even of types only", async () => {
  const { failed, violations } = await lintLayers({
    "src/util/a.ts": 'import type { B } from "./b.js";\nexport type A = B | string;',
    "src/util/b.ts": 'import type { A } from "./a.js";\nexport type B = A[];',
  });
  expect(failed).toBe(true);
  expect(violations.join()).toContain("no-cycle: src/util/a.ts →");
});

test("a folder that is not in the table fails", async () => {
  const { failed, violations } = await lintLayers({
    "src/shed/tool.ts": 'import type { List } from "../util/list.js";\nexport type Tool = List;',
  });
  expect(failed).toBe(true);
  expect(violations).toContain("no-unknown-room: src/shed/tool.ts → src/util/list.ts");
});

test("every room has a purpose, and every purpose has a room", () => {
  expect(Object.keys(purposes).sort()).toEqual(Object.keys(rooms).sort());
});

test("every import that the table allows exists", () => {
  const used = new Set([...importsOf("src"), ...importsOf("plugins")]);
  const allowed = Object.entries(rooms).flatMap(([room, names]) => names.map((name) => `${room} → ${name}`));
  expect(allowed.filter((pair) => !used.has(pair))).toEqual([]);
});

/** The imports between rooms in the sources of a folder, without those of tests. */
function importsOf(folder: string): string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  const sources = files.filter((file) => /(?<!\.test|\.test-helper)\.ts$/.test(file));
  return sources.flatMap((file) => {
    const text = readFileSync(join(root, folder, file), "utf8");
    const targets = [...text.matchAll(/(?:from |import\()"([^"]+)"/g)].map(([, target]) =>
      target!.startsWith(".")
        ? roomOf(join(folder, dirname(file), target!))
        : target!.replace(/\/buildkit$/, ""),
    );
    return targets.map((target) => `${roomOf(join(folder, file))} → ${target}`);
  });
}

/** The longest room that holds a file. */
function roomOf(path: string): string | undefined {
  const holding = Object.keys(rooms).filter((room) => path.startsWith(`${room}/`));
  return holding.sort((a, b) => b.length - a.length)[0];
}

test("the components of the web page import the page, generated code and packages for browsers alone", () => {
  const files = readdirSync("src/ui").filter((name) => name.endsWith(".tsx"));
  const allowed =
    /^(\.\/[\w-]+\.js|\.\.\/gen\/[\w./-]+\.js|preact(\/hooks)?|@connectrpc\/connect(-web)?|@bufbuild\/protobuf(\/wkt)?)$/;
  const targets = files.flatMap((name) =>
    [...readFileSync(`src/ui/${name}`, "utf8").matchAll(/\b(?:from|import) "([^"]+)"/g)].map(
      (found) => found[1]!,
    ),
  );
  expect(targets.length).toBeGreaterThan(20);
  expect(targets.filter((target) => !allowed.test(target))).toEqual([]);
});
