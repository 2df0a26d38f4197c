import { dirname, join } from "node:path";
import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { userStateFolder } from "../../host-address/state-folder.js";
import { isJsonObject } from "../../util/is-json-object.js";
import { makeFolder } from "../../util/make-folder.js";
import { exposure, readWithStats } from "../../util/private-mode.js";
import { writeAtomically } from "../../util/write-atomically.js";
import { lockFile } from "../lock-file.js";

/** A login to a host. */
export interface Login {
  /** Token of the host. */
  token: string;
  /** When it expires, as an ISO date. */
  expires: string;
  /** URL of the issuer, and the client that asked it. */
  issuer: string;
  clientId: string;
  /** Gets the next ID token; absent when the issuer gave none, or has refused it. */
  refreshToken?: string;
}

/** Logins by the URL of their host. */
export type Logins = Record<string, Login>;

/** Where a user's logins are. */
export function loginsFile(env: NodeJS.ProcessEnv = process.env): string {
  return join(userStateFolder(env), "logins.json");
}

/** Reads a file of logins; empty when it is missing. FAILED_PRECONDITION, reason LOGINS_UNREADABLE. */
export async function readLogins(file: string): Promise<Logins> {
  const found = await readWithStats(file).catch((error: NodeJS.ErrnoException) => {
    // ENOTDIR: HOME is no folder, as /dev/null for a service.
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw unreadable(file, `The file of logins cannot be read: ${error.message}.`, "Correct its mode.");
  });
  if (!found) return {};
  const exposed = exposure(file, found.stats);
  if (exposed)
    throw unreadable(file, `Others can reach the logins in ${file}: ${exposed.why}.`, exposed.remedy);
  const logins = parse(found.text);
  if (isLogins(logins)) return logins;
  throw unreadable(file, `The file ${file} has no logins.`, "Remove it, and log in again.");
}

/**
 * Reads logins for a change; processes that change them wait for each other. `save` writes `logins` to the file, and can
 * be called several times.
 */
export async function changeLogins<T>(
  file: string,
  change: (logins: Logins, save: () => Promise<void>) => Promise<T>,
): Promise<T> {
  await makeFolder(dirname(file), 0o700);
  const lock = await lockFile(file);
  try {
    const logins = await readLogins(file);
    return await change(logins, () => writeAtomically(file, `${JSON.stringify(logins, undefined, 2)}\n`));
  } finally {
    await lock.release();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isLogins(value: unknown): value is Logins {
  return isJsonObject(value) && Object.values(value).every(isLogin);
}

function isLogin(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { token, expires, issuer, clientId, refreshToken = "" } = value;
  return [token, expires, issuer, clientId, refreshToken].every((each) => typeof each === "string");
}

function unreadable(file: string, message: string, remedy: string): ConnectError {
  const metadata = { file };
  return typedError({
    code: Code.FailedPrecondition,
    reason: "LOGINS_UNREADABLE",
    message,
    remedy,
    metadata,
  });
}
