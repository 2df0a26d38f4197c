import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readRegistryCertificates } from "./certificates.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-certs-"));
});

afterEach(() => rm(folder, { recursive: true }));

it("reads Docker's folder for a registry", async () => {
  const own = join(folder, "registry.test:5000");
  await mkdir(own);
  for (const name of ["ca.crt", "other.crt", "client.cert", "client.key", "alone.cert", "README"])
    await writeFile(join(own, name), name);
  const { ca, cert, key } = await readRegistryCertificates("registry.test:5000", folder);
  expect(ca).toEqual(expect.arrayContaining(["ca.crt", "other.crt"]));
  expect([cert, key]).toEqual(["client.cert", "client.key"]);
});

it("trusts the machine's authorities for other registries", async () => {
  const { ca, cert } = await readRegistryCertificates("other.test", folder);
  expect(ca.length).toBeGreaterThan(0);
  expect(cert).toBeUndefined();
});
