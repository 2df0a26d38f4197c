import { expect, it, vi } from "vitest";
import { readDatabaseUrl } from "./database-url.js";
import { exposureOf } from "./exposure.js";

const exposure = (url: string) => exposureOf(readDatabaseUrl(url));

it.each([
  "postgres://slipway@localhost/slipway",
  "postgres://slipway@127.0.0.2:5433/slipway?sslmode=disable",
  "postgres://slipway@[::1]/slipway",
  "postgres://slipway@localhost/slipway?host=/run/postgresql",
  "postgres://slipway@db.example/slipway?sslmode=verify-full",
])("nobody else reaches the connection of %s", (url) => {
  vi.stubEnv("PGSSLMODE", undefined);
  expect(exposure(url)).toBeUndefined();
});

it("beyond the loopback interface a connection needs TLS, and a certificate that is checked", () => {
  vi.stubEnv("PGSSLMODE", undefined);
  const plain = "The connection to the database db.example:5432/slipway is not encrypted.";
  const unchecked = "The certificate of the database db.example:5432/slipway is not checked.";
  const url = "postgres://slipway:hush@db.example:5432/slipway";
  expect(exposure(url)).toBe(plain);
  expect(exposure(`${url}?sslmode=disable`)).toBe(plain);
  expect(exposure(`${url}?sslmode=no-verify`)).toBe(unchecked);
  expect(exposure("postgres://slipway@localhost/slipway?host=192.0.2.1")).toMatch(/is not encrypted/);
  vi.stubEnv("PGSSLMODE", "verify-full");
  expect(exposure(url)).toBeUndefined();
  expect(exposure(`${url}?sslmode=disable`)).toBe(plain);
  vi.stubEnv("PGSSLMODE", "no-verify");
  expect(exposure(url)).toBe(unchecked);
});
