import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A Docker context for a test. */
export interface TestContext {
  host: string;
  description?: string;
  skipTlsVerify?: boolean;
  /** Contents of the TLS files, by name. */
  tls?: Record<string, string>;
}

/** Writes a DOCKER_CONFIG folder as the docker CLI does; it is removed after the test. */
export async function dockerHome(
  contexts: Record<string, TestContext> = {},
  config?: Record<string, unknown>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-docker-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  if (config) await writeFile(join(folder, "config.json"), JSON.stringify(config));
  for (const [name, { host, description, skipTlsVerify = false, tls = {} }] of Object.entries(contexts)) {
    const meta = contextFolder(folder, name);
    await mkdir(meta, { recursive: true });
    const content = {
      Name: name,
      Metadata: description ? { Description: description } : {},
      Endpoints: { docker: { Host: host, SkipTLSVerify: skipTlsVerify } },
    };
    await writeFile(join(meta, "meta.json"), JSON.stringify(content));
    const files = meta.replace("/meta/", "/tls/");
    await mkdir(join(files, "docker"), { recursive: true });
    for (const [file, text] of Object.entries(tls)) await writeFile(join(files, "docker", file), text);
  }
  return folder;
}

/** Folder of a context's meta.json. */
export function contextFolder(home: string, name: string): string {
  return join(home, "contexts", "meta", createHash("sha256").update(name).digest("hex"));
}
