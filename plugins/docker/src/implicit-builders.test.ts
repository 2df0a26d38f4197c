import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { contextFolder, dockerHome } from "../../engine/src/docker-home.test-helper.js";
import { implicitBuilders } from "./implicit-builders.js";

const list = async (environment: Record<string, string>) => {
  const { builders, diagnostics } = await implicitBuilders(environment);
  return {
    builders: builders.map(
      ({ config, current }) => `${config.builder} ${config.endpoint}${current ? " *" : ""}`,
    ),
    reasons: diagnostics.map(({ reason }) => reason),
    diagnostics,
  };
};

it("lists one builder for each context", async () => {
  const DOCKER_CONFIG = await dockerHome(
    { west: { host: "tcp://west:1", description: "in the west" }, east: { host: "ssh://east" } },
    { currentContext: "west" },
  );
  expect(await list({ DOCKER_CONFIG })).toEqual({
    builders: [
      "default unix:///var/run/docker.sock",
      `east east?config=${DOCKER_CONFIG}`,
      `west west?config=${DOCKER_CONFIG} *`,
    ],
    reasons: [],
    diagnostics: [],
  });
  const { builders } = await implicitBuilders({ DOCKER_CONFIG });
  expect(builders.map(({ description }) => description)).toEqual(["", "", "in the west"]);
});

it("uses DOCKER_HOST for the default builder and makes it the current one", async () => {
  const DOCKER_CONFIG = await dockerHome({ west: { host: "tcp://west:1" } }, { currentContext: "west" });
  const { builders } = await list({ DOCKER_CONFIG, DOCKER_HOST: "tcp://here:1" });
  expect(builders).toEqual(["default tcp://here:1 *", `west west?config=${DOCKER_CONFIG}`]);
});

it("reports contexts that cannot be read, and lists the others", async () => {
  const DOCKER_CONFIG = await dockerHome({
    broken: { host: "tcp://b:1" },
    empty: { host: "tcp://e:1" },
    fine: { host: "tcp://f:1" },
  });
  await writeFile(join(contextFolder(DOCKER_CONFIG, "broken"), "meta.json"), "{");
  await rm(join(contextFolder(DOCKER_CONFIG, "empty"), "meta.json"));
  const { builders, reasons, diagnostics } = await list({ DOCKER_CONFIG });
  expect(builders).toEqual(["default unix:///var/run/docker.sock *", `fine fine?config=${DOCKER_CONFIG}`]);
  expect(reasons).toEqual(["CONTEXT_UNREADABLE", "CONTEXT_UNREADABLE"]);
  expect(diagnostics.map(({ message }) => message).join()).toContain(contextFolder(DOCKER_CONFIG, "broken"));
});

it("reports that the selected context does not exist; then no builder is current", async () => {
  const DOCKER_CONFIG = await dockerHome();
  const { builders, reasons } = await list({ DOCKER_CONFIG, DOCKER_CONTEXT: "gone" });
  expect(builders).toEqual(["default unix:///var/run/docker.sock"]);
  expect(reasons).toEqual(["CONTEXT_NOT_FOUND"]);
});

it("reports what is wrong with the environment", async () => {
  const DOCKER_CONFIG = await dockerHome({ fine: { host: "tcp://f:1" } });
  await writeFile(join(DOCKER_CONFIG, "config.json"), "no json");
  expect((await list({ DOCKER_CONFIG })).reasons).toEqual(["DOCKER_CONFIG_UNREADABLE"]);
  const { builders, reasons } = await list({ DOCKER_CONFIG, DOCKER_HOST: "fd://x" });
  expect(builders).toEqual([`fine fine?config=${DOCKER_CONFIG}`]);
  expect(reasons[0]).toBe("ENDPOINT_UNSUPPORTED");
});
