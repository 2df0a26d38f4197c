import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons about SSH agents and keys that a build forwards. */
export const sshReasons = {
  SSH_AGENT_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "no key is named and the environment names no agent",
    recovery: "start an agent, or give a key",
  },
  SSH_KEY_ENCRYPTED: {
    codes: [Code.InvalidArgument],
    meaning: "the key has a passphrase",
    recovery: "add it to an agent and forward the agent",
  },
  SSH_KEY_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the key is not a private key in OpenSSH or PEM format, or its type is not supported",
  },
  SSH_KEY_MISSING: { codes: [Code.InvalidArgument], meaning: "an id has no keys" },
  SSH_PATHS_MIXED: {
    codes: [Code.InvalidArgument],
    meaning: "an id mixes an agent with keys, or names two agents",
  },
  SSH_PATH_UNREADABLE: {
    codes: [Code.InvalidArgument],
    meaning: "the path of an agent or key cannot be read",
  },
  SSH_SOURCE_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "an id has neither or both of an agent's socket and keys",
  },
} satisfies ReasonTable;
