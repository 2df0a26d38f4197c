import { createHash } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";

/** Maximum number of contexts that are kept. Registries can have authorities of their own. */
const maxKept = 8;
const kept = new Map<string, SecureContext>();

/**
 * Returns a TLS context without a client certificate that trusts these authorities, in PEM. Contexts are kept: parsing
 * the 150 authorities of a machine takes 50 ms of the event loop, for each connection otherwise.
 */
export function trustedContext(authorities: readonly string[]): SecureContext {
  const hash = createHash("sha256");
  for (const pem of authorities) hash.update(pem).update("\0");
  const id = hash.digest("base64");
  const context = kept.get(id) ?? createSecureContext({ ca: [...authorities] });
  // The one that was not used for the longest time comes first.
  kept.delete(id);
  kept.set(id, context);
  if (kept.size > maxKept) kept.delete(kept.keys().next().value!);
  return context;
}
