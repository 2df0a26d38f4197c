import { Code, type ConnectError } from "@connectrpc/connect";
import { decodeJwt, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Reason } from "../../errors/reasons.js";
import { typedError } from "../../errors/typed-error.js";
import type { Log } from "../base/log.js";
import type { Claims } from "./bind-rules.js";
import { IssuerUnavailable, issuerKeys } from "./issuer-keys.js";
import type { Issuer } from "./issuers-file.js";

/** Signatures that are accepted. */
const algorithms = ["RS256", "ES256", "EdDSA"];
/** How far the clocks of issuer and host may differ, in seconds. */
const clockToleranceS = 60;
/** Longest ID token, in characters. */
const maxLength = 16 * 1024;

/** A token that its issuer has signed for this host. */
export interface VerifiedToken {
  issuer: Issuer;
  claims: Claims;
}

/** Verifies ID tokens. Keeps the keys of the issuers. */
export class IdTokens {
  /** By all that determines how they are fetched. */
  #keys = new Map<string, JWTVerifyGetKey>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Verifies issuer, signature, audience and times. UNAUTHENTICATED, reasons ID_TOKEN_INVALID, ID_TOKEN_ISSUER_UNKNOWN,
   * ID_TOKEN_AUDIENCE_WRONG, ID_TOKEN_EXPIRED, ID_TOKEN_TOO_EARLY, ID_TOKEN_ALGORITHM_REFUSED and ID_TOKEN_KEY_UNKNOWN;
   * UNAVAILABLE, reason ISSUER_UNAVAILABLE, when its keys cannot be fetched.
   */
  async verify(token: string, issuers: readonly Issuer[], now = new Date()): Promise<VerifiedToken> {
    if (token.length > maxLength)
      throw refuse("ID_TOKEN_INVALID", `The ID token is longer than ${maxLength} characters.`);
    const named = issuerOf(token);
    const issuer = issuers.find(({ url }) => url === named);
    if (!issuer)
      throw refuse("ID_TOKEN_ISSUER_UNKNOWN", "The host accepts no tokens of the ID token's issuer.");
    try {
      const { payload } = await jwtVerify(token, this.#keysOf(issuer, issuers), {
        issuer: issuer.url,
        audience: issuer.audience,
        algorithms,
        clockTolerance: clockToleranceS,
        requiredClaims: ["exp", "sub"],
        currentDate: now,
      });
      return { issuer, claims: payload };
    } catch (error) {
      throw refusalOf(error, issuer);
    }
  }

  #keysOf(issuer: Issuer, issuers: readonly Issuer[]): JWTVerifyGetKey {
    const idOf = ({ url, keysUrl, caFile, tokenFile }: Issuer) =>
      JSON.stringify([url, keysUrl, caFile, tokenFile]);
    const current = new Set(issuers.map(idOf));
    for (const id of this.#keys.keys()) if (!current.has(id)) this.#keys.delete(id);
    const id = idOf(issuer);
    const keys = this.#keys.get(id) ?? issuerKeys(issuer, this.#log);
    this.#keys.set(id, keys);
    return keys;
  }
}

/** What an unverified token names as its issuer, only to find the keys that verify it. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    throw refuse("ID_TOKEN_INVALID", "The subject token is not a JWT.");
  }
}

function refusalOf(error: unknown, issuer: Issuer): ConnectError {
  const { name, audience } = issuer;
  if (error instanceof IssuerUnavailable || error instanceof errors.JWKSTimeout)
    // Why names addresses and files of the operator, and anybody can send a token.
    return unusable(issuer, `The keys of the issuer ${name} cannot be fetched.`);
  if (error instanceof errors.JWTExpired) return refuse("ID_TOKEN_EXPIRED", "The ID token has expired.");
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "aud")
      return refuse("ID_TOKEN_AUDIENCE_WRONG", `The ID token is not for the audience ${audience}.`);
    if (error.claim === "nbf")
      return refuse(
        "ID_TOKEN_TOO_EARLY",
        "The ID token is not valid yet. Check the clocks of host and issuer.",
      );
    return refuse("ID_TOKEN_INVALID", `The claim "${error.claim}" of the ID token is missing or wrong.`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return refuse("ID_TOKEN_ALGORITHM_REFUSED", `The ID token is not signed with ${algorithms.join(", ")}.`);
  if (error instanceof errors.JWKSNoMatchingKey)
    return refuse(
      "ID_TOKEN_KEY_UNKNOWN",
      `The issuer ${name} has no key with the id that the ID token names.`,
    );
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return refuse(
      "ID_TOKEN_KEY_UNKNOWN",
      `The ID token does not name which key of the issuer ${name} signed it.`,
    );
  if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid))
    return refuse("ID_TOKEN_INVALID", "The ID token is malformed, or its signature is wrong.");
  // Anything else comes from making a key of what the issuer published, such as one that is too short.
  return unusable(issuer, `The key of the issuer ${name} cannot be used: ${(error as Error).message}.`);
}

function unusable({ url }: Issuer, message: string): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: "ISSUER_UNAVAILABLE",
    message,
    metadata: { issuer: url },
    remedy: "Try again later. The host's log says more.",
  });
}

function refuse(reason: Reason, message: string): ConnectError {
  return typedError({
    code: Code.Unauthenticated,
    reason,
    message,
    remedy: "Get a new ID token from an issuer of the host, for its audience.",
  });
}
