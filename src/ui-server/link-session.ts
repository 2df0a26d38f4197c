import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * The tokens of a page: one for its link, which counts once, and one for the session that the link begins. A link that is
 * used again ends the session, since one of the two users was not meant.
 */
export class LinkSession {
  /** The one-time token of the link. */
  readonly link = newToken();
  #session: string | undefined;
  #isUsed = false;

  /** Begins the session; returns its token, or undefined when this is not the link's token or it was used before. */
  begin(token: string | undefined): string | undefined {
    if (!isSame(token, this.link)) return undefined;
    this.#session = this.#isUsed ? undefined : newToken();
    this.#isUsed = true;
    return this.#session;
  }

  /** Whether this is the token of the session. */
  allows(token: string | undefined): boolean {
    return this.#session !== undefined && isSame(token, this.#session);
  }
}

function newToken(): string {
  return randomBytes(32).toString("base64url");
}

function isSame(given: string | undefined, expected: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return given !== undefined && timingSafeEqual(hash(given), hash(expected));
}
