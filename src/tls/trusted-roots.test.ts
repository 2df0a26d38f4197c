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

it("reads what SSL_CERT_FILE and SSL_CERT_DIR name, and nothing else", async () => {
  const folder = await folderOf({ a: pem("a"), b: pem("b"), README: "no certificate" });
  await mkdir(join(folder, "more"));
  const read = async (env: Record<string, string>) => (await trustedRoots(env)).join("");
  expect(await read({ SSL_CERT_FILE: join(folder, "a") })).toBe(pem("a"));
  expect(await read({ SSL_CERT_DIR: folder })).toBe(pem("a") + pem("b"));
  const other = await folderOf({ c: pem("c") });
  expect(await read({ SSL_CERT_FILE: join(folder, "b"), SSL_CERT_DIR: `${other}:` })).toBe(
    pem("b") + pem("c"),
  );
});

it("tells when what is named cannot be read", async () => {
  await expect(trustedRoots({ SSL_CERT_FILE: "/missing/roots.pem" })).rejects.toThrow("/missing/roots.pem");
});
