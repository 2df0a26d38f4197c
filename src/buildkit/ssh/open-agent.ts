import { readFile, stat } from "node:fs/promises";
import { InputError } from "../../errors/input-error.js";
import type { Reason } from "../../errors/reasons.js";
import { withPeriod } from "../../util/with-period.js";
import type { Agent } from "./agent-protocol.js";
import { keyAgent } from "./key-agent.js";
import { socketAgent } from "./socket-agent.js";

/** Maximum size of a private key file in bytes, as in BuildKit's own clients. */
const maxKeyBytes = 100 * 1024;

/** Source of the keys of one id. */
export type SshSource =
  /** Paths on the host's machine: one agent socket, or any number of key files. Empty: `SSH_AUTH_SOCK`. */
  | { kind: "paths"; paths: readonly string[] }
  /** Keys in the request. The names appear in messages only. */
  | { kind: "keys"; keys: readonly { name: string; data: Uint8Array }[] };

/**
 * Creates the agent for one SSH id and checks its source: the socket exists, or every key can be read and used.
 * Throws an {@link InputError} otherwise.
 */
export async function openAgent(id: string, source: SshSource, env = process.env): Promise<Agent> {
  const field = `ssh[${id}]`;
  const refuse = (reason: Reason, message: string, remedy: string) =>
    new InputError({ reason, field, message, remedy });

  if (source.kind === "keys") {
    if (source.keys.length === 0)
      throw refuse("SSH_KEY_MISSING", `The SSH id ${id} has no keys.`, "Give at least one key.");
    const { parsePrivateKey } = await loadParser();
    return keyAgent(source.keys.map((key) => parsePrivateKey(key.data, key.name)));
  }

  const paths = source.paths.filter((path) => path !== "");
  if (paths.length === 0) {
    const path = env.SSH_AUTH_SOCK;
    if (!path)
      throw refuse(
        "SSH_AGENT_MISSING",
        `The SSH id ${id} has no paths, and SSH_AUTH_SOCK is not set.`,
        "Start ssh-agent, or give the path of its socket or of a private key.",
      );
    paths.push(path);
  }

  const files = await Promise.all(
    paths.map(async (path) => {
      const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
        throw refuse(
          "SSH_PATH_UNREADABLE",
          withPeriod(`The SSH path ${path} cannot be used: ${error.message}`),
          "Check the path.",
        );
      });
      return { path, socket: info.isSocket(), size: info.size };
    }),
  );
  if (files.some((file) => file.socket)) {
    if (files.length > 1)
      throw refuse(
        "SSH_PATHS_MIXED",
        `The SSH id ${id} has an agent's socket and other paths.`,
        "Give one socket, or only keys.",
      );
    return socketAgent(files[0]!.path);
  }
  const { parsePrivateKey } = await loadParser();
  return keyAgent(
    await Promise.all(
      files.map(async ({ path, size }) => {
        if (size > maxKeyBytes)
          throw refuse(
            "SSH_KEY_INVALID",
            `The SSH key ${path} is larger than ${maxKeyBytes} bytes.`,
            "Check the path.",
          );
        const data = await readFile(path).catch((error: NodeJS.ErrnoException) => {
          throw refuse(
            "SSH_PATH_UNREADABLE",
            withPeriod(`The SSH key ${path} cannot be read: ${error.message}`),
            "Check the file.",
          );
        });
        return parsePrivateKey(data, path);
      }),
    ),
  );
}

/** Loads it with the first key: its library takes a tenth of a host's start, and few builds have keys. */
const loadParser = () => import("./private-key.js");
