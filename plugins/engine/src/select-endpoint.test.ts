import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dockerHome } from "./docker-home.test-helper.js";
import { formatEndpoint } from "./endpoint.js";
import { resolveEndpoint } from "./select-endpoint.js";

const resolve = async (given: string, environment: Record<string, string>) =>
  formatEndpoint(await resolveEndpoint(given, environment));

describe("the endpoint that the environment selects", () => {
  it("is the local Engine when nothing is set", async () => {
    expect(await resolve("", { DOCKER_CONFIG: await dockerHome() })).toBe("unix:///var/run/docker.sock");
  });

  it("is DOCKER_HOST, else DOCKER_CONTEXT, else the current context", async () => {
    const DOCKER_CONFIG = await dockerHome({}, { currentContext: "third" });
    const environment = { DOCKER_CONFIG, DOCKER_CONTEXT: "second", DOCKER_HOST: "tcp://first:1" };
    expect(await resolve("", environment)).toBe("tcp://first:1");
    expect(await resolve("", { ...environment, DOCKER_HOST: "" })).toBe(`second?config=${DOCKER_CONFIG}`);
    expect(await resolve("", { DOCKER_CONFIG })).toBe(`third?config=${DOCKER_CONFIG}`);
  });

  it("resolves the default context by its name", async () => {
    const DOCKER_CONFIG = await dockerHome({}, { currentContext: "default" });
    expect(await resolve("", { DOCKER_CONFIG })).toBe("unix:///var/run/docker.sock");
    expect(await resolve("default", { DOCKER_HOST: "tcp://h:1" })).toBe("tcp://h:1");
  });

  it.each([
    [
      { DOCKER_HOST: "tcp://h:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/c/" },
      "tcp://h:2376?certPath=/c",
    ],
    [
      { DOCKER_HOST: "tcp://h:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CONFIG: "/d" },
      "tcp://h:2376?certPath=/d",
    ],
    [{ DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/c" }, "tcp://localhost:2376?certPath=/c"],
    [
      { DOCKER_TLS: "1", DOCKER_HOST: "tcp://h", DOCKER_CERT_PATH: "/c" },
      "tcp://h:2375?certPath=/c&tlsVerify=0",
    ],
    [{ DOCKER_HOST: "tcp://h:2376", DOCKER_CERT_PATH: "/c" }, "tcp://h:2376"],
    [{ DOCKER_HOST: "unix:///a.sock", DOCKER_TLS_VERIFY: "1" }, "unix:///a.sock"],
    [{ DOCKER_HOST: "tcp://h:1", DOCKER_API_VERSION: "v1.41" }, "tcp://h:1?apiVersion=1.41"],
  ])("has the TLS settings and API version of %j", async (environment, endpoint) => {
    expect(await resolve("", environment)).toBe(endpoint);
  });

  it.each([
    [{ DOCKER_CONFIG: "relative" }, "DOCKER_CONFIG is the relative path"],
    [
      { DOCKER_HOST: "tcp://h:1", DOCKER_TLS: "1", DOCKER_CERT_PATH: "c" },
      "DOCKER_CERT_PATH is the relative path",
    ],
    [{ DOCKER_HOST: "unix:///a", DOCKER_API_VERSION: "newest" }, '"newest" is not a Docker API version'],
  ])("cannot be made of %j", async (environment, why) => {
    await expect(resolve("", environment)).rejects.toThrow(why);
  });
});

describe("an endpoint given by the user", () => {
  it("depends on the environment only for the folder of contexts", async () => {
    const environment = { DOCKER_HOST: "tcp://other:1", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/c" };
    expect(await resolve("tcp://h:2", environment)).toBe("tcp://h:2");
    expect(await resolve("work", environment)).toBe("work");
    expect(await resolve("work", { DOCKER_CONFIG: "/d" })).toBe("work?config=/d");
    expect(await resolve("work", { DOCKER_CONFIG: join(homedir(), ".docker") })).toBe("work");
  });

  it("stays the same when it is resolved again in another environment", async () => {
    for (const given of ["work", "tcp://h", "unix://", "ssh://me@h"]) {
      const once = await resolve(given, { DOCKER_CONFIG: "/d" });
      expect(await resolve(once, { DOCKER_HOST: "tcp://elsewhere:1", DOCKER_CONFIG: "/e" })).toBe(once);
    }
  });
});
