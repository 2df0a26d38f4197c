import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** Name of systemd's credential with the keys, as in `LoadCredential=slipway-state-key:/path`. */
const credential = "slipway-state-key";

/**
 * The file with the keys of the state: the one that the flag names, else `$SLIPWAY_STATE_KEY_FILE`, else the credential
 * `slipway-state-key` that systemd loaded for the service. Undefined if none of them is set.
 */
export function stateKeyFile(flag: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const named = flag || env.SLIPWAY_STATE_KEY_FILE;
  if (named) return resolve(named);
  const loaded = env.CREDENTIALS_DIRECTORY && join(env.CREDENTIALS_DIRECTORY, credential);
  return loaded && existsSync(loaded) ? loaded : undefined;
}
