import { execFile } from "node:child_process";
import { delimiter, isAbsolute } from "node:path";
import { InputError } from "../errors/input-error.js";
import { killOnExit } from "../util/kill-on-exit.js";
import type { Credential } from "./credential.js";

/** Printed by helpers, with a failing exit code, when they have no credential for the server. */
const notFound = /credentials not found in native keychain/;

/** The user name that marks an identity token. */
const tokenUser = "<token>";

/**
 * Asks `docker-credential-<name> get` for a server's credential: the address on stdin, JSON on stdout
 * (docker-credential-helpers' protocol). Undefined when the helper has none.
 *
 * @param env the helper's environment, by default this process's; its PATH has the helper
 * @param timeout milliseconds before the helper is killed; BuildKit waits 60 s for the answer
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  {
    env = process.env,
    signal,
    timeout = 30_000,
  }: { env?: NodeJS.ProcessEnv; signal?: AbortSignal; timeout?: number } = {},
): Promise<Credential | undefined> {
  const program = `docker-credential-${name}`;
  // A configuration file must not name a program outside of PATH.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw failed(name, "its name is not a plain program name");

  signal?.throwIfAborted();
  const { error, stdout, stderr } = await new Promise<Ended>((resolve) => {
    const child = execFile(
      program,
      ["get"],
      {
        env: { ...env, PATH: absoluteFolders(env.PATH) },
        timeout,
        signal,
        killSignal: "SIGKILL",
        maxBuffer: 1024 * 1024,
        shell: false,
      },
      (error, stdout, stderr) => resolve({ error, stdout, stderr }),
    );
    killOnExit(child);
    // A helper may answer without reading the address.
    child.stdin?.on("error", () => {});
    child.stdin?.end(server);
  });
  signal?.throwIfAborted();
  if (error?.code === "ENOENT")
    throw failed(
      program,
      `it is not in the PATH of ${env === process.env ? "the Slipway host" : "the client"}`,
    );
  if (error?.killed) throw failed(program, `it did not answer in ${timeout / 1000} s`);
  // The output of a failed helper is a message; on success it is the secret.
  if (error !== null) {
    if (notFound.test(stdout)) return undefined;
    // The protocol has messages on stdout; scripts and crashed programs write to stderr.
    const said = stdout.trim() || stderr.trim();
    throw failed(program, said.slice(0, 500) || `it ended with ${error.code ?? error.signal}`);
  }
  return parseAnswer(program, stdout);
}

/** A PATH without relative folders, which would be those of this process; never empty, which means its current one. */
function absoluteFolders(path = ""): string {
  return path.split(delimiter).filter(isAbsolute).join(delimiter) || "/nonexistent";
}

interface Ended {
  error: ExecError | null;
  stdout: string;
  stderr: string;
}

type ExecError = Error & { code?: string | number | null; killed?: boolean; signal?: string | null };

function parseAnswer(program: string, stdout: string): Credential | undefined {
  let answer: { Username?: unknown; Secret?: unknown };
  try {
    answer = JSON.parse(stdout);
  } catch {
    throw failed(program, "its answer is not JSON");
  }
  const { Username: username, Secret: secret } = answer ?? {};
  if (typeof username !== "string" || typeof secret !== "string")
    throw failed(program, "its answer has no Username and Secret");
  if (secret === "") return undefined;
  return { username: username === tokenUser ? "" : username, secret };
}

function failed(program: string, why: string): InputError {
  return new InputError({
    reason: "CREDENTIAL_HELPER_FAILED",
    field: "credentials",
    message: `The credential helper ${program} cannot be used: ${why}.`,
    remedy: "Correct credsStore and credHelpers in docker's config.json, or install the helper.",
  });
}
