import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FoundPlugin } from "./discovery.js";
import type { LaunchOptions } from "./launch.js";
import { programFiles } from "./trust.js";

/**
 * A text that changes with the plugin's manifest, with each file in its folder, with the programs that its command
 * names, and with what the host tells it in Handshake. Files are compared by size, times and inode, not read. Undefined
 * for a plugin that an operator runs: its files are elsewhere.
 */
export async function programIdentity(
  { manifest, folder, locked }: FoundPlugin,
  { host, capabilities }: Pick<LaunchOptions, "host" | "capabilities">,
): Promise<string | undefined> {
  if (!manifest.command) return undefined;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const own = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name));
  const paths = [...new Set([...own, ...(await programFiles(manifest, folder))])].sort();
  const files = await Promise.all(paths.map(fingerprint));
  const parts = [host, capabilities, { ...manifest, checksums: [...manifest.checksums] }, locked, files];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

async function fingerprint(path: string): Promise<string[]> {
  const { size, mode, mtimeNs, ctimeNs, dev, ino } = await stat(path, { bigint: true });
  return [path, ...[size, mode, mtimeNs, ctimeNs, dev, ino].map(String)];
}
