import { InputError } from "../../errors/input-error.js";

/**
 * The URL of the database: that of the flag, else `$SLIPWAY_DATABASE_URL`, which plugins do not get. Other users of the
 * machine see flags, so a flag with a password is refused.
 */
export function databaseUrl(flag: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const { SLIPWAY_DATABASE_URL: url } = env;
  delete env.SLIPWAY_DATABASE_URL;
  if (flag === undefined) return url || undefined;
  const parsed = URL.canParse(flag) ? new URL(flag) : undefined;
  if (parsed?.password || parsed?.searchParams.has("password"))
    throw new InputError({
      reason: "DATABASE_URL_INVALID",
      field: "--database",
      message: "Other users of this machine can see a password in a command line.",
      remedy: "Write it to the file that $PGPASSFILE names, or the URL to $SLIPWAY_DATABASE_URL.",
    });
  return flag;
}
