import { randomBytes } from "node:crypto";

/** A random number by which a user finds a fault of the host in its log. */
export function newIncident(): string {
  return randomBytes(4).toString("hex");
}

/** The stack of an error and of its causes. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by: ${stackOf(error.cause)}`;
}
