import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { InputError } from "../../errors/input-error.js";

/** An SSH agent to forward: its socket, or the keys for a new one. */
export type ReadSsh = { id: string; agentSocket: string } | { id: string; keys: Uint8Array[] };

/** Parses `--ssh default|id[=socket|key[,key…]]`. Without a path, uses the agent of SSH_AUTH_SOCK. */
export async function readSsh(values: readonly string[] = [], env: NodeJS.ProcessEnv): Promise<ReadSsh[]> {
  const forwards = await Promise.all(values.filter(Boolean).map((text) => readForward(text, env)));
  const twice = forwards.find(({ id }, index) => forwards.findIndex((other) => other.id === id) < index);
  if (twice)
    throw invalid(
      twice.id,
      `duplicate agent ID ${JSON.stringify(twice.id)}`,
      "Give each agent a different id.",
    );
  return forwards;
}

async function readForward(text: string, env: NodeJS.ProcessEnv): Promise<ReadSsh> {
  const equals = text.indexOf("=");
  const id = (equals < 0 ? text : text.slice(0, equals)) || "default";
  const given = equals < 0 ? "" : text.slice(equals + 1);
  const path = given || env.SSH_AUTH_SOCK;
  if (!path) {
    const remedy = "Start ssh-agent and set SSH_AUTH_SOCK, or write --ssh id=KEYFILE.";
    throw invalid(id, "invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set", remedy);
  }
  const sources = await Promise.all(path.split(",").map((one) => readSource(id, one)));
  const sockets = sources.filter((source) => typeof source === "string");
  if (sockets.length === 0) return { id, keys: sources as Uint8Array[] };
  if (sources.length > 1) throw invalid(id, "only single socket allowed", "Give either one socket or keys.");
  return { id, agentSocket: sockets[0]! };
}

/** The absolute path of a socket, or the bytes of a key. */
async function readSource(id: string, path: string): Promise<string | Uint8Array> {
  try {
    return (await stat(path)).isSocket() ? resolve(path) : await readFile(path);
  } catch (error) {
    throw invalid(
      id,
      `ssh ${id}: ${(error as Error).message}`,
      "Give the path of an agent's socket or of a private key.",
    );
  }
}

function invalid(id: string, message: string, remedy: string): InputError {
  return new InputError({ reason: "SSH_SOURCE_INVALID", field: `--ssh ${id}`, message, remedy });
}
