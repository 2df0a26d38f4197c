import { readFile, stat } from "node:fs/promises";
import { InputError } from "../../errors/input-error.js";
import type { Reason } from "../../errors/reasons.js";
import type { Agent } from "./agent-protocol.js";
import { keyAgent } from "./key-agent.js";
import { parsePrivateKey } from "./private-key.js";
import { socketAgent } from "./socket-agent.js";

/** Largest private key file in bytes, as in BuildKit's own clients. */
const MAX_KEY_BYTES = 100 * 1024;

/** Where the keys of one id come from. */
export type SshSource =
  /** On the host's machine: one agent socket, or any number of key files; none = `SSH_AUTH_SOCK`. */
  | { kind: "paths"; paths: readonly string[] }
  /** In the request. The name is for messages only. */
  | { kind: "keys"; keys: readonly { name: string; data: Uint8Array }[] };

/**
 * Makes the agent for one `--ssh` id and checks it: the socket is there, or every key can be read and used.
 * Throws an {@link InputError} that says which is wrong.
 */
export async function openAgent(id: string, source: SshSource, env = process.env): Promise<Agent> {
  const field = `ssh[${id}]`;
  const refuse = (reason: Reason, message: string, remedy: string) =>
    new InputError({ reason, field, message, remedy });

  if (source.kind === "keys") {
    if (source.keys.length === 0)
      throw refuse("SSH_KEY_MISSING", `SSH id ${id} has no keys`, "Give at least one");
    return keyAgent(source.keys.map((key) => parsePrivateKey(key.data, key.name)));
  }

  const paths = source.paths.filter((path) => path !== "");
  if (paths.length === 0) {
    const path = env.SSH_AUTH_SOCK;
    if (!path)
      throw refuse(
        "SSH_AGENT_MISSING",
        `SSH id ${id} names no key and SSH_AUTH_SOCK is not set`,
        "Start ssh-agent, or give the path of its socket or of a private key",
      );
    paths.push(path);
  }

  const files = await Promise.all(
    paths.map(async (path) => {
      const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
        throw refuse(
          "SSH_PATH_UNREADABLE",
          `SSH path ${path} cannot be used: ${error.message}`,
          "Check the path",
        );
      });
      return { path, socket: info.isSocket(), size: info.size };
    }),
  );
  if (files.some((file) => file.socket)) {
    if (files.length > 1)
      throw refuse(
        "SSH_PATHS_MIXED",
        `SSH id ${id} mixes an agent with others`,
        "Give one socket, or only keys",
      );
    return socketAgent(files[0]!.path);
  }
  return keyAgent(
    await Promise.all(
      files.map(async ({ path, size }) => {
        if (size > MAX_KEY_BYTES)
          throw refuse("SSH_KEY_INVALID", `${path} is too large for a key`, "Check the path");
        const data = await readFile(path).catch((error: NodeJS.ErrnoException) => {
          throw refuse(
            "SSH_PATH_UNREADABLE",
            `SSH key ${path} cannot be read: ${error.message}`,
            "Check the file",
          );
        });
        return parsePrivateKey(data, path);
      }),
    ),
  );
}
