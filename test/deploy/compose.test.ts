import { cp } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cli } from "../host/host.js";
import { must, run, tempDir } from "../lab/index.js";
import { compose } from "../lab/recipes/compose.js";

const folder = join(import.meta.dirname, "../../deploy/compose");

it("Compose accepts the project, whose host has flags that exist and whose database nobody else reaches", async () => {
  const copy = join(await tempDir(), "compose");
  await cp(folder, copy, { recursive: true });
  const config = async (env: Record<string, string>) =>
    run(await compose(), ["config", "--format", "json"], {
      cwd: copy,
      env: { PATH: process.env.PATH, HOME: copy, ...env },
    });
  const unset = await config({});
  expect([unset.code === 0, unset.stderr]).toEqual([false, expect.stringContaining("Set it in .env")]);
  const { stdout, stderr } = await config({ SLIPWAY_IMAGE: "slipway:1" });
  expect(stderr).toBe("");
  const { services, networks } = JSON.parse(stdout);
  expect(services.host.image).toBe("slipway:1");
  expect(networks.database.internal).toBe(true);
  expect(Object.keys(services.database.networks)).toEqual(["database"]);
  const help = (await must(process.execPath, [cli, "serve", "--help"])).stdout;
  for (const argument of services.host.command as string[])
    expect(help).toContain(`${argument.split("=")[0]} <`);
});
