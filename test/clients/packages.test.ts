import { cp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { slipwayOf } from "../cli/slipway.js";
import { startHost } from "../host/host.js";
import { must, tempDir } from "../lab/index.js";
import { goModules } from "../package/go-modules.js";
import { packages } from "../package/packages.js";
import { isSource } from "./clients.js";

const root = join(import.meta.dirname, "../..");

/** The names in an archive, as a program lists them. */
async function namesIn(command: string, ...args: string[]): Promise<string[]> {
  return (await must(command, args)).stdout.trim().split("\n");
}

test("the npm package contains host, CLI, drivers and types, and no sources or tests", async () => {
  const folder = await tempDir();
  // dist/ is built before the tests, except for the types.
  await must("npx", ["tsc", "-p", "tsconfig.types.json"], { cwd: root });
  await must("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  const [archive] = await readdir(folder);
  const names = await namesIn("tar", "-tzf", join(folder, archive!));
  expect(names).toEqual(expect.arrayContaining(["package/LICENSE", "package/README.md"]));
  expect(names.filter((name) => /\/src\/|\.test\./.test(name))).toEqual([]);

  await must("npm", ["init", "-y"], { cwd: folder });
  await must("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", `./${archive}`], {
    cwd: folder,
  });
  const program = `
    import { build, connect, localContext } from "slipway/client";
    import { runConformance } from "slipway/conformance";
    import { serve } from "slipway/driver";
    const slipway = await connect();
    const { imageDigest } = await build(slipway, { context: await localContext(slipway, ".") });
    export const types: [string, typeof serve, typeof runConformance] = [imageDigest, serve, runConformance];
  `;
  await writeFile(join(folder, "main.mts"), program);
  for (const types of ["@types/node", "undici-types"])
    await cp(join(root, "node_modules", types), join(folder, "node_modules", types), { recursive: true });
  const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2023", "--types", "node"];
  await must(join(root, "node_modules/.bin/tsc"), [...options, "main.mts"], { cwd: folder });

  const host = await startHost({ program: join(folder, "node_modules/slipway/dist/cli.cjs") });
  const slipway = slipwayOf(host);
  const drivers = ["docker", "docker-container", "kubernetes", "remote"];
  // A new host knows the bundled drivers without starting them.
  const idle = (await slipway(["plugins"])).stdout;
  for (const driver of drivers) {
    expect(idle).toMatch(new RegExp(`^${driver} +\\d\\S+ +idle .*${folder}`, "m"));
    expect(await slipway(["plugins", "restart", driver])).toMatchObject({ code: 0 });
  }
  const running = (await slipway(["plugins"])).stdout;
  for (const driver of drivers)
    expect(running).toMatch(new RegExp(`^${driver} +\\d\\S+ +running .*${folder}`, "m"));
}, 900_000);

test.each([
  ["clients/python", "slipway_client", ["slipway/v1/py.typed", "slipway/v1/build_pb2.pyi"]],
  ["sdk/python", "slipway_driver", []],
])(
  "the Python package %s contains types and its license, and its source archive builds a wheel",
  async (source, name, more) => {
    const folder = await tempDir();
    await cp(join(root, source), join(folder, "source"), { recursive: true, filter: isSource });
    const python = join(folder, "venv/bin/python");
    await must("python3", ["-m", "venv", join(folder, "venv")]);
    await must(python, ["-m", "pip", "install", "--quiet", "build"]);
    await must(python, ["-m", "build", "--outdir", join(folder, "dist"), join(folder, "source")]);
    const [wheel, archive] = (await readdir(join(folder, "dist"))).sort();
    const names = await namesIn(python, "-m", "zipfile", "-l", join(folder, "dist", wheel!));
    expect(names.map((name) => name.split(/ +/)[0])).toEqual(
      expect.arrayContaining([
        `${name}/__init__.py`,
        `${name}/py.typed`,
        `${name}-0.1.0.dist-info/licenses/LICENSE`,
        ...more,
      ]),
    );
    expect(await namesIn("tar", "-tzf", join(folder, "dist", archive!))).toEqual(
      expect.arrayContaining([`${name}-0.1.0/LICENSE`, `${name}-0.1.0/README.md`]),
    );
    expect(names.filter((name) => /\b(examples?|tests?)\b/.test(name))).toEqual([]);
  },
  900_000,
);

test("the Go modules can be fetched by their paths", async () => {
  const app = await tempDir();
  const modules = ["slipway.dev/client", "slipway.dev/driver"];
  const others = await goModules();
  const env = {
    ...process.env,
    ...others,
    GOPROXY: `file://${join(await packages(), "go")},${others.GOPROXY}`,
    GONOSUMDB: "slipway.dev",
  };
  const program =
    'package main\n\nimport (\n\tslipway "slipway.dev/client"\n\t"slipway.dev/driver"\n)\n\n' +
    "func main() { _, _ = slipway.Connect, driver.Serve }\n";
  await writeFile(join(app, "main.go"), program);
  for (const args of [
    ["mod", "init", "example.com/app"],
    ["get", ...modules.map((module) => `${module}@v0.1.0`)],
    ["mod", "tidy"],
    ["build", "."],
  ])
    await must("go", args, { cwd: app, env });
  for (const module of modules)
    expect(await readdir(join(others.GOMODCACHE, `${module}@v0.1.0`))).toEqual(
      expect.arrayContaining(["LICENSE", "README.md"]),
    );
}, 900_000);
