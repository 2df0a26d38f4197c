import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";

/** Attributes of the frontend that import caches. */
const importing = ["cache-from", "cache-imports"];

/**
 * Refuses an untrusted build that would take from a cache beside that of its builder, or leave something in one:
 * PERMISSION_DENIED, reason UNTRUSTED_REFUSED.
 */
export function requireOwnCache({ cacheFrom, cacheTo, frontendAttributes, buildArgs }: BuildSpec): void {
  const cache = "an external cache";
  const attribute = importing.find((name) => Object.hasOwn(frontendAttributes, name));
  if (cacheFrom.length > 0) throw untrustedRefused("spec.cache_from", cache);
  if (cacheTo.length > 0) throw untrustedRefused("spec.cache_to", cache);
  if (attribute) throw untrustedRefused(`spec.frontend_attributes[${attribute}]`, cache);
  // It exports the cache with the image.
  if (buildArgs.BUILDKIT_INLINE_CACHE !== undefined) throw untrustedRefused("spec.build_args", cache);
}

/** PERMISSION_DENIED, reason UNTRUSTED_REFUSED. */
export function untrustedRefused(field: string, what: string): ConnectError {
  const message = `${field} needs ${what}, which builds of untrusted principals cannot use.`;
  return typedError({
    code: Code.PermissionDenied,
    reason: "UNTRUSTED_REFUSED",
    message,
    fields: [{ field, message }],
    remedy: "Leave it out of untrusted builds.",
  });
}
