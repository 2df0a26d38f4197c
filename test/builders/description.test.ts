import { join } from "node:path";
import { expect, it } from "vitest";
import { slipwayOf } from "../cli/slipway.js";
import { startHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";

it("the description of a Docker context is shown with its builder", async () => {
  const home = await tempDir();
  const env = { PATH: process.env.PATH, HOME: home, DOCKER_CONFIG: join(home, ".docker") };
  const target = ["--docker", `host=${lab().engine29.host}`];
  await must("docker", ["context", "create", "west", "--description", "in the west", ...target], { env });
  const host = await startHost({ env: { HOME: home } });
  const environment = { HOME: home };
  const { builder } = await host.builders.getBuilder({ name: "west", environment });
  expect(builder).toMatchObject({ name: "west", implicit: true, description: "in the west" });
  const { builders } = await host.builders.listBuilders({ environment });
  expect(builders.map(({ name, description }) => [name, description])).toEqual([
    ["default", ""],
    ["west", "in the west"],
  ]);
  const shown = await slipwayOf(host)(["inspect", "west"], { env: { HOME: home, DOCKER_HOST: undefined } });
  expect(shown.stdout).toMatch(/^Description: +in the west$/m);
});
