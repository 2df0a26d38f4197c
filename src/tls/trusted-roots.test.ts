import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { trustedRoots } from "./trusted-roots.js";

const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "roots"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

it("reads only what SSL_CERT_FILE and SSL_CERT_DIR name", async () => {
  const folder = await folderOf({ a: pem("a"), b: pem("b"), README: "not a certificate" });
  await mkdir(join(folder, "more"));
  const read = async (env: Record<string, string>) => (await trustedRoots(env)).join("");
  expect(await read({ SSL_CERT_FILE: join(folder, "a") })).toBe(pem("a"));
  expect(await read({ SSL_CERT_DIR: folder })).toBe(pem("a") + pem("b"));
  const other = await folderOf({ c: pem("c") });
  expect(await read({ SSL_CERT_FILE: join(folder, "b"), SSL_CERT_DIR: `${other}:` })).toBe(
    pem("b") + pem("c"),
  );
});

it("always adds NODE_EXTRA_CA_CERTS", async () => {
  const folder = await folderOf({ a: pem("a"), extra: pem("extra") });
  const named = await folderOf({ b: pem("b") });
  const extra = { NODE_EXTRA_CA_CERTS: join(folder, "extra") };
  for (const env of [{ SSL_CERT_FILE: join(folder, "a") }, { SSL_CERT_DIR: named }, {}]) {
    const without = await trustedRoots(env);
    expect(without.length).toBeGreaterThan(0);
    expect(await trustedRoots({ ...env, ...extra })).toEqual([...without, pem("extra")]);
  }
});

it.each([
  ["SSL_CERT_FILE", "/missing/roots.pem"],
  ["SSL_CERT_DIR", "/missing/roots"],
  ["NODE_EXTRA_CA_CERTS", "/missing/extra.pem"],
])("rejects when what %s names cannot be read", async (variable, path) => {
  const failed = await trustedRoots({ [variable]: path }).catch((error: unknown) => error);
  expect(failed).toMatchObject({ message: expect.stringContaining(path) });
  expect(failed).not.toHaveProperty("code");
});
