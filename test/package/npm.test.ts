import { realpathSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { type Machine, must, startMachine } from "../lab/index.js";
import { engineMounts, engineVariables, exampleIn, outputOf } from "./machine-build.js";
import { packages } from "./packages.js";

const root = join(import.meta.dirname, "../..");
const certificates = "/etc/ssl/certs/ca-certificates.crt";
const env = { ...engineVariables, NODE_EXTRA_CA_CERTS: certificates };
let machine: Machine;
const tarball = (name: string) => `/packages/${name}-${manifest.version}.tgz`;
const npm = (...args: string[]) =>
  machine.must(["env", "-C", "/srv", "npm", "--no-audit", "--no-fund", "--prefer-offline", ...args], { env });

beforeAll(async () => {
  const programs = dirname(process.execPath);
  const { stdout: cache } = await must("npm", ["config", "get", "cache"]);
  const mounts = {
    ...engineMounts(),
    "/packages": await packages(),
    [certificates]: certificates,
    "/usr/local/bin/node": process.execPath,
    "/usr/local/lib/node_modules/npm": dirname(dirname(realpathSync(join(programs, "npm")))),
    "/root/.npm": cache.trim(),
  };
  machine = await startMachine({ mounts });
  await machine.must(["ln", "-s", "../lib/node_modules/npm/bin/npm-cli.js", "/usr/local/bin/npm"]);
}, 900_000);
afterAll(() => machine?.destroy());

test("npm installs the program, which builds an image, and the libraries, which type-check and build one too", async () => {
  await npm("install", "--global", tarball("slipway"));
  const { folder, name } = await exampleIn(machine);
  expect(await machine.run(["slipway", "build", "--tag", name, folder], { env })).toMatchObject({ code: 0 });
  expect(await outputOf(name)).toBe("built\n");

  await npm(
    "install",
    ...["client", "driver", "conformance"].map((library) => tarball(`slipway-${library}`)),
  );
  const app = join(machine.root, "srv");
  const example = await exampleIn(machine);
  const program = `
    import { build, connect, localContext } from "@slipway/client";
    import { runConformance } from "@slipway/conformance";
    import { serve } from "@slipway/driver";
    import * as buildkit from "@slipway/driver/buildkit";
    const slipway = await connect();
    await build(slipway, {
      context: await localContext(slipway, ${JSON.stringify(example.folder)}),
      tags: [${JSON.stringify(example.name)}],
    });
    console.log(typeof serve, typeof runConformance, typeof buildkit);
    process.exit();
  `;
  await writeFile(join(app, "main.mts"), program);
  await mkdir(join(app, "node_modules/@types"), { recursive: true });
  for (const types of ["@types/node", "undici-types"])
    await cp(join(root, "node_modules", types), join(app, "node_modules", types), { recursive: true });
  const options = ["--strict", "--module", "nodenext", "--target", "es2023", "--types", "node"];
  await must(join(root, "node_modules/.bin/tsc"), [...options, "main.mts"], { cwd: app });
  expect(await machine.must(["node", "/srv/main.mjs"], { env })).toMatchObject({
    stdout: "function function object\n",
  });
  expect(await outputOf(example.name)).toBe("built\n");
}, 900_000);
