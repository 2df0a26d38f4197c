import { readFile } from "node:fs/promises";
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from "jose";
import { boundedRequest } from "../../network/bounded-request.js";
import { guardedLookup, type RefuseAddress } from "../../network/guarded-lookup.js";
import { isLoopback } from "../../network/is-loopback.js";
import { isSafeUrl } from "../../network/is-safe-url.js";
import { trustedContext } from "../../tls/trusted-context.js";
import { trustedRoots } from "../../tls/trusted-roots.js";
import { isJsonObject } from "../../util/is-json-object.js";
import type { Log } from "../base/log.js";
import { ownAddressFault } from "../base/own-machine.js";
import type { Issuer } from "./issuers-file.js";

/** How long an issuer has for one answer, in milliseconds. */
const timeoutMs = 10_000;
/** Forms of configurations and keys. Kubernetes serves its keys as nothing but the second one. */
const mediaTypes = "application/json, application/jwk-set+json";
/** Maximum size of an answer, in bytes. */
const maxBytes = 512 * 1024;
/** How long keys are used before they are fetched again, in milliseconds. */
const maxAgeMs = 10 * 60_000;
/** How long a fetch that failed is not tried again, in milliseconds. */
const retryMs = 5_000;
/** How long an unknown key id waits for the next fetch, in milliseconds: forged tokens must not make many. */
const cooldownMs = 30_000;

/** An issuer's keys or configuration cannot be had; the message is a clause. */
export class IssuerUnavailable extends Error {}

/**
 * Chooses the key of a token among those of its issuer. They are fetched when they are first needed, and kept. Why they
 * cannot be is logged.
 */
export function issuerKeys(issuer: Issuer, log: Log): JWTVerifyGetKey {
  const fetchKeys = notAtOnceAgain(
    async (signal: AbortSignal | undefined) => {
      // Each time, since an issuer can move its keys.
      const url = issuer.keysUrl ?? (await discover(issuer, signal));
      const text = await get(issuer, new URL(url), signal);
      const found: unknown = parseJson(text);
      if (isJsonObject(found) && Array.isArray(found.keys) && found.keys.every(isJsonObject)) return text;
      throw new IssuerUnavailable(`${url} is not a set of keys`);
    },
    (error) =>
      log.warn("The keys of an issuer cannot be fetched", { issuer: issuer.name, error: error.message }),
  );
  return createRemoteJWKSet(new URL(issuer.url), {
    [customFetch]: async (_url, { signal }) => new Response(await fetchKeys(signal ?? undefined)),
    cacheMaxAge: maxAgeMs,
    cooldownDuration: cooldownMs,
    timeoutDuration: timeoutMs,
  });
}

/** What failed is not done again for a while, and its error is given instead: anybody can send a token. */
function notAtOnceAgain<A extends unknown[], R>(
  work: (...args: A) => Promise<R>,
  report: (error: Error) => void,
): typeof work {
  let failure: { error: unknown; until: number } | undefined;
  return async (...args) => {
    if (failure && performance.now() < failure.until) throw failure.error;
    try {
      return await work(...args);
    } catch (error) {
      failure = { error, until: performance.now() + retryMs };
      report(error as Error);
      throw error;
    }
  };
}

/** The URL of the keys in the configuration of an issuer (OpenID Connect Discovery 1.0). */
async function discover(issuer: Issuer, signal: AbortSignal | undefined): Promise<string> {
  const at = `${issuer.url.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const text = await get(issuer, new URL(at), signal);
  const found: unknown = parseJson(text);
  if (!isJsonObject(found) || found.issuer !== issuer.url)
    throw new IssuerUnavailable(`${at} is not the configuration of ${issuer.url}`);
  const { jwks_uri: url } = found;
  if (typeof url !== "string" || !isSafeUrl(url))
    throw new IssuerUnavailable(`${at} names no URL of keys with https`);
  return url;
}

async function get(issuer: Issuer, url: URL, signal: AbortSignal | undefined): Promise<string> {
  const { caFile, tokenFile } = issuer;
  const ends = AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(timeoutMs)]);
  try {
    const secureContext =
      url.protocol === "https:"
        ? trustedContext(caFile ? [await readFile(caFile, "utf8")] : await trustedRoots())
        : undefined;
    // The token of the operator goes to the issuer that the operator named, not where its configuration points.
    const isOwn = url.origin === new URL(issuer.keysUrl ?? issuer.url).origin;
    const token = tokenFile && isOwn ? (await readFile(tokenFile, "utf8")).trim() : undefined;
    const lookup = isOwn ? undefined : guardedLookup(url.hostname, refusedAddresses(issuer));
    const headers = { accept: mediaTypes, ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await boundedRequest(url, { headers, signal: ends, lookup, secureContext, maxBytes });
    if (answer.status !== 200) throw new Error(`it answered with the status ${answer.status}`);
    return answer.body;
  } catch (error) {
    const why = ends.aborted ? `it did not answer within ${timeoutMs / 1000} s` : (error as Error).message;
    throw new IssuerUnavailable(`${url.href} cannot be read: ${why}`, { cause: error });
  }
}

/**
 * Where an issuer's configuration may not point the host: at its own machine and its cloud's metadata service. An issuer on
 * the loopback interface may name others there.
 */
export function refusedAddresses({ url }: Pick<Issuer, "url">): RefuseAddress {
  const isLocal = isLoopback(new URL(url).hostname);
  return (address, family) => (isLocal && isLoopback(address) ? undefined : ownAddressFault(address, family));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
