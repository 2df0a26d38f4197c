import { Code, type ConnectError } from "@connectrpc/connect";
import { readTypedError, typedError } from "../../errors/typed-error.js";

/** UNAVAILABLE, reason DATABASE_UNAVAILABLE. */
function unavailable(database: string, cause: unknown): ConnectError {
  const error = typedError({
    code: Code.Unavailable,
    reason: "DATABASE_UNAVAILABLE",
    message: `The database ${database} does not answer: ${messageOf(cause)}.`,
    remedy: "Try again when it answers. Builds that run go on.",
    metadata: { database },
  });
  error.cause = cause;
  return error;
}

/** Whether an error says that the database does not answer. */
export function isUnavailable(cause: unknown): boolean {
  return readTypedError(cause).reason === "DATABASE_UNAVAILABLE";
}

/**
 * Classes of errors of a server that stops, starts, has no room or is read-only: it may accept the same later. 0A000 is what
 * a standby says of unlogged tables.
 */
const passing = /^(08|0A000|25006|40|53|57|58)/;
/** Classes of errors at the login: the user, or the database. */
const login = /^(28|3D)/;

/** What an error of PostgreSQL, or of the connection to it, is to the caller. */
export function databaseError(database: string, cause: unknown): unknown {
  const { code, severity } = cause as { code?: string; severity?: string };
  const message = messageOf(cause);
  // The client raises this one itself.
  if (message.startsWith("SASL")) return unusable(database, "it asks for a password, and there is none");
  if (severity === undefined || passing.test(code ?? "")) return unavailable(database, cause);
  return login.test(code ?? "") ? unusable(database, message) : cause;
}

/** FAILED_PRECONDITION, reason DATABASE_UNUSABLE; `why` is a clause. */
function unusable(database: string, why: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "DATABASE_UNUSABLE",
    message: `The database ${database} cannot be used: ${why}.`,
    metadata: { database },
  });
}

/** FAILED_PRECONDITION, reason DATABASE_VERSION_UNKNOWN. */
export function versionUnknown(database: string, version: number, known: number): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "DATABASE_VERSION_UNKNOWN",
    message: `The database ${database} has version ${version}; this version of Slipway knows ${known} and earlier ones.`,
    remedy: "Start the version of Slipway that changed it.",
    metadata: { database, version: String(version) },
  });
}

/** FAILED_PRECONDITION, reason HOST_NAME_TAKEN. */
export function nameTaken(name: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "HOST_NAME_TAKEN",
    message: `Another host of the database has the name ${name}.`,
    remedy: "Choose another name. That of a host that was killed is free after 15 s.",
    metadata: { name },
  });
}

/** Connections to several addresses fail with an error without a message. */
function messageOf(cause: unknown): string {
  const { errors: [first] = [cause] } = cause as { errors?: unknown[] };
  return (first as Error).message.replace(/\.$/, "");
}
