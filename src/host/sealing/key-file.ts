import { Code, type ConnectError } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { typedError } from "../../errors/typed-error.js";
import { exposure, readWithStats } from "../../util/private-mode.js";
import { Keyring } from "./keyring.js";

/** Fewest random bytes of a key. */
const minKeyBytes = 32;

/** Fewest different bytes of a key. 32 random bytes have about 30; what has fewer than this was not made at random. */
const minDifferentBytes = 16;

/**
 * Reads the keys that encrypt secrets in the store. Each line is one key: at least 32 random bytes in base64. The first
 * key encrypts, the others only decrypt. Empty lines and lines that begin with # are ignored. The file belongs to this
 * user or to root, and nobody else can read it (0600; one of root may be readable by its group). FAILED_PRECONDITION
 * otherwise, reasons STATE_KEY_FILE_UNREADABLE, STATE_KEY_FILE_UNSAFE and STATE_KEY_FILE_INVALID.
 */
export async function readKeyFile(file: string): Promise<Keyring> {
  const { stats, text } = await readWithStats(file).catch((error: Error) => {
    throw refuse(
      file,
      "STATE_KEY_FILE_UNREADABLE",
      `The key file of the state cannot be read: ${error.message}.`,
      "Name a file that the host's user can read.",
    );
  });
  const exposed = exposure(file, stats);
  if (exposed) {
    const message = `Others can reach the key file ${file}: ${exposed.why}.`;
    throw refuse(file, "STATE_KEY_FILE_UNSAFE", message, exposed.remedy);
  }
  return parseKeys(file, text);
}

/** Parses the content of a key file. */
export function parseKeys(file: string, text: string): Keyring {
  const lines = text.split("\n").map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const keys = lines
    .filter(({ line }) => line !== "" && !line.startsWith("#"))
    .map(({ line, number }) => parseKey(file, line, number));
  if (keys.length === 0) throw invalid(file, "it has no key");
  return new Keyring(keys);
}

function parseKey(file: string, line: string, number: number): Buffer {
  // Messages never quote the line.
  if (!/^[\w+/-]+={0,2}$/.test(line)) throw invalid(file, `line ${number} is not base64`);
  const key = Buffer.from(line, "base64");
  if (key.length < minKeyBytes)
    throw invalid(file, `the key in line ${number} has ${key.length} bytes, fewer than ${minKeyBytes}`);
  if (new Set(key).size < minDifferentBytes) throw invalid(file, `the key in line ${number} is not random`);
  return key;
}

function invalid(file: string, why: string): ConnectError {
  const message = `The key file ${file} is not valid: ${why}.`;
  return refuse(file, "STATE_KEY_FILE_INVALID", message, "Make a key with: openssl rand -base64 32");
}

function refuse(file: string, reason: Reason, message: string, remedy: string): ConnectError {
  return typedError({ code: Code.FailedPrecondition, reason, message, remedy, metadata: { file } });
}
