import { createHmac, timingSafeEqual } from "node:crypto";
import type { ClaimTexts } from "./bind-rules.js";

/** What a token of the host says of its bearer. Which rights that gives is decided at each call. */
export interface Grant {
  /** Name of the rule that bound the ID token. */
  rule: string;
  /** URL of the issuer that vouched for the claims. */
  issuer: string;
  /** The claims that the rule depends on. */
  claims: ClaimTexts;
  /** It is for a pull request, so that only a rule for untrusted builds may bind it. */
  isPullRequest?: boolean;
  /** Id of the only build that the token reaches; undefined for all of its principal. */
  build?: string;
  /** The token is refused from then on, in seconds since 1970. */
  expires: number;
}

/** Longest token, in characters: it is sent with each call. */
const maxLength = 8 * 1024;

const prefix = "slipway_oidc_";

/** Whether a token has the form of those that a host issues in an exchange. */
export function isIssuedToken(token: string): boolean {
  return token.startsWith(prefix);
}

/**
 * Signs and reads the tokens that a host issues. They are signed and not stored, so that every host with the same key
 * accepts them, after a restart and while a database is away.
 */
export class IssuedTokens {
  /** @param keys the first one signs, all of them verify */
  constructor(private readonly keys: readonly Buffer[]) {}

  /** A token; undefined when its claims are too long for one. */
  issue(grant: Grant): string | undefined {
    const content = Buffer.from(JSON.stringify(grant)).toString("base64url");
    const token = `${prefix}${content}.${sign(this.keys[0]!, content).toString("base64url")}`;
    return token.length > maxLength ? undefined : token;
  }

  /** What a token says; undefined for one that was not signed here. The caller checks when it expires. */
  read(token: string): Grant | undefined {
    if (!isIssuedToken(token) || token.length > maxLength) return undefined;
    const [content = "", signature = ""] = token.slice(prefix.length).split(".", 2);
    const shown = Buffer.from(signature, "base64url");
    const isOurs = this.keys.some((key) => {
      const expected = sign(key, content);
      return shown.length === expected.length && timingSafeEqual(shown, expected);
    });
    return isOurs ? JSON.parse(Buffer.from(content, "base64url").toString()) : undefined;
  }
}

function sign(key: Buffer, content: string): Buffer {
  return createHmac("sha256", key).update(content).digest();
}
