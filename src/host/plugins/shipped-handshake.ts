import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HandshakeResponse } from "../../gen/slipway/driver/v1/driver_pb.js";
import { manifestName } from "../../plugin-protocol/manifest.js";
import type { HostIdentity } from "./handshake.js";
import { formatHandshake, parseHandshake } from "./handshake-file.js";

/** Folder of a bundled plugin's program, and the file in it that has the plugin's answer to Handshake. */
const programFolder = "dist";
const fileName = "handshake";

/**
 * The answer to Handshake that was packed with a bundled plugin: a host that runs for the first time need not start a
 * plugin to know its drivers. Undefined when there is none, or when it is of another program.
 */
export async function readShippedHandshake(
  folder: string,
  hostIdentity: HostIdentity,
): Promise<HandshakeResponse | undefined> {
  const text = await readFile(pathIn(folder), "utf8");
  return parseHandshake(await contentIdentity(folder, hostIdentity), text);
}

/** Packs a plugin's answer to Handshake with it. */
export async function shipHandshake(
  folder: string,
  hostIdentity: HostIdentity,
  response: HandshakeResponse,
): Promise<void> {
  await writeFile(pathIn(folder), formatHandshake(await contentIdentity(folder, hostIdentity), response));
}

function pathIn(folder: string): string {
  return join(folder, programFolder, fileName);
}

/** A text that changes with the plugin's manifest, its program, the platform, and what the host tells in Handshake. */
async function contentIdentity(folder: string, { host, capabilities }: HostIdentity): Promise<string> {
  const entries = await readdir(join(folder, programFolder), { recursive: true });
  const program = entries.filter((path) => path.endsWith(".js")).map((path) => join(programFolder, path));
  const hash = createHash("sha256");
  hash.update(JSON.stringify([host, capabilities, process.platform, process.arch]));
  for (const path of [manifestName, ...program.sort()]) {
    const content = await readFile(join(folder, path));
    hash.update(JSON.stringify([path, content.length])).update(content);
  }
  return hash.digest("hex");
}
