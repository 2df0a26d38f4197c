import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The environment variables that select a host. */
export type HostEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The default socket of this user's host: slipway/slipway.sock in `$XDG_RUNTIME_DIR`; without that variable in /run for
 * root, in /run/user/<uid> if it exists, else slipway-<uid>/slipway.sock in `$TMPDIR` or /tmp.
 */
export function defaultSocketPath(
  environment: HostEnvironment = process.env,
  uid = process.getuid?.() ?? 0,
): string {
  if (environment.XDG_RUNTIME_DIR) return join(environment.XDG_RUNTIME_DIR, "slipway", "slipway.sock");
  if (uid === 0) return "/run/slipway/slipway.sock";
  const runtime = `/run/user/${uid}`;
  if (existsSync(runtime)) return join(runtime, "slipway", "slipway.sock");
  return join(environment.TMPDIR || "/tmp", `slipway-${uid}`, "slipway.sock");
}

/** The path in unix:///path; undefined for other texts. */
export function socketPathIn(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "unix:" || url.host !== "" || url.pathname.length < 2) return undefined;
  return fileURLToPath(`file://${url.pathname}`);
}
