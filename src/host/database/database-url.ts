import { invalidField } from "../../errors/typed-error.js";

/** Where a database is. */
export interface DatabaseUrl {
  /** With the password, if it has one. */
  readonly url: string;
  /** For people: host and name, without user and password. */
  readonly name: string;
}

/** Reads the URL of a database. INVALID_ARGUMENT, reason DATABASE_URL_INVALID. */
export function readDatabaseUrl(url: string): DatabaseUrl {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol))
    throw invalidField(
      "database",
      "DATABASE_URL_INVALID",
      "The URL of the database is not one of PostgreSQL.",
      "Write it as postgres://user@host:5432/name.",
    );
  const host = parsed.host || parsed.searchParams.get("host") || "localhost";
  return { url, name: `${host}${parsed.pathname}` };
}
