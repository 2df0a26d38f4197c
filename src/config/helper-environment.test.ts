import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { helperEnvironment } from "./helper-environment.js";

beforeEach(() => {
  vi.stubEnv("AWS_PROFILE", "host");
  vi.stubEnv("VAULT_ADDR", "host");
  vi.stubEnv("OWN_OF_HOST", "host");
});
afterEach(() => vi.unstubAllEnvs());

test("has the user's variables in the place of the host's, whether they are set or not", () => {
  const env = helperEnvironment({
    PATH: "/user/bin",
    AWS_PROFILE: "user",
    DOCKER_HOST: "tcp://for-drivers:1",
  });
  expect(env).toMatchObject({ PATH: "/user/bin", AWS_PROFILE: "user", OWN_OF_HOST: "host" });
  expect(env.VAULT_ADDR).toBeUndefined();
  expect(env.DOCKER_HOST).toBe(process.env.DOCKER_HOST);
});

test("is the host's for a client that sends none of them", () => {
  expect(helperEnvironment({ DOCKER_CONFIG: "/user" })).toBe(process.env);
});
