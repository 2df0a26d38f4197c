import { readTypedError } from "../../errors/typed-error.js";
import { type Finding, problemOf, skipped } from "../../host/diagnosis/finding.js";
import type { Result } from "../../host/diagnosis/run-check.js";
import { type HostAddress, hostAddress } from "../../host-address/address.js";
import { type Host, openRunningHost } from "../host.js";

/** Groups of checks, in the order in which they are shown. */
export const groups = [
  "Programs",
  "Environment",
  "Docker",
  "Connection",
  "Host",
  "Plugins",
  "Builders",
] as const;

/** See {@link groups}. */
export type Group = (typeof groups)[number];

/** What checks use. */
export interface DoctorContext {
  env: NodeJS.ProcessEnv;
  /** The host that the environment selects; undefined when the environment names none. */
  address: HostAddress | undefined;
  /** The connection to the host; undefined when none runs on this machine. Rejects when it cannot be opened. */
  host: Promise<Host | undefined>;
  /** Time limit of a check, in milliseconds. */
  timeoutMs: number;
}

/** A check of `slipway doctor`. */
export interface DoctorCheck {
  /** Stable id, such as "socket". */
  id: string;
  group: Group;
  /** A result has the id of another check, such as one of the host's. */
  run(context: DoctorContext, signal: AbortSignal): Promise<Finding | (Finding | Result)[]>;
}

/** The context of a user. Connects to the host at once, and starts none. Its owner closes the connection. */
export function openContext(env: NodeJS.ProcessEnv, timeoutMs: number): DoctorContext & { close(): void } {
  let address: HostAddress | undefined;
  try {
    address = hostAddress(env);
  } catch {
    // The check of the connection reports it.
  }
  const host = openRunningHost(env).catch((error) => {
    const { reason } = readTypedError(error);
    if (reason === "HOST_NOT_RUNNING" && address?.kind === "unix") return undefined;
    throw error;
  });
  const close = () => void host.then((opened) => opened?.close()).catch(() => {});
  return { env, address, host, timeoutMs, close };
}

/**
 * Runs a check that needs the host. Without one, or when the caller's role is too low, it is skipped.
 * @param what the subject of the check, to begin a sentence with
 */
export async function askHost<T extends Finding>(
  { host }: DoctorContext,
  what: string,
  check: (host: Host) => Promise<T[]>,
): Promise<(T | Finding)[]> {
  const opened = await host.catch(() => undefined);
  if (!opened) return [skipped(`${what} cannot be checked, since no host answers.`)];
  try {
    return await check(opened);
  } catch (error) {
    const { reason, message } = readTypedError(error);
    const isMissing = ["ROLE_REQUIRED", "LOCAL_ONLY", "HOST_LACKS_CALL"].includes(reason);
    return isMissing ? [skipped(`${what} cannot be checked: ${message}`)] : [problemOf(error)];
  }
}
