import { Code, type ConnectError } from "@connectrpc/connect";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import { FileSettings } from "../base/file-settings.js";
import type { Log } from "../base/log.js";
import { type BindRule, bind, type Claims, canName, claimTexts, matching } from "./bind-rules.js";
import { IdTokens } from "./id-tokens.js";
import { type Grant, IssuedTokens } from "./issued-tokens.js";
import { type Issuer, type IssuersFile, type Login, readIssuersFile } from "./issuers-file.js";
import { granted, type Principal } from "./principal.js";

/** Where a host's identities of issuers come from. */
export interface IdentitiesOptions {
  /** The issuers file. */
  file: string;
  /** Keys that sign the host's tokens; the first one signs, all of them verify. */
  keys: readonly Buffer[];
}

/** A token of the host, and whose it is. */
export interface IssuedToken {
  token: string;
  principal: string;
  /** In seconds. */
  lifetimeS: number;
}

/** How long a token for an ID token is valid, in seconds. */
const lifetimeS = 60 * 60;
/** How long a token for one build is valid, in seconds. */
const buildLifetimeS = 24 * 60 * 60;

/** Callers whom issuers vouch for. The issuers file is read again when it changes. */
export class Identities {
  readonly #file: FileSettings<IssuersFile>;
  readonly #tokens: IssuedTokens;
  readonly #idTokens: IdTokens;

  private constructor(file: FileSettings<IssuersFile>, tokens: IssuedTokens, log: Log) {
    this.#file = file;
    this.#tokens = tokens;
    this.#idTokens = new IdTokens(log);
  }

  /**
   * Reads the file; rejects as {@link readIssuersFile} does, and with FAILED_PRECONDITION, reason ISSUERS_WITHOUT_KEY,
   * if there is no key. Its owner closes it.
   */
  static async open({ file, keys }: IdentitiesOptions, log: Log): Promise<Identities> {
    if (keys.length === 0)
      throw typedError({
        code: Code.FailedPrecondition,
        reason: "ISSUERS_WITHOUT_KEY",
        message: "The host needs a key of its state to sign the tokens that it issues.",
        remedy: "Give the host a key file; make a key with: openssl rand -base64 32",
      });
    let isOpen = false;
    const read = () =>
      readIssuersFile(file).catch((error) => {
        if (isOpen) return withdrawn(file, error, log);
        throw error;
      });
    const settings = await FileSettings.open({ title: "issuers file", files: [file], read, log });
    isOpen = true;
    return new Identities(settings, new IssuedTokens(keys), log);
  }

  /** Stops watching the file. */
  close(): void {
    this.#file.close();
  }

  /** The issuer that people log in with, or undefined. */
  login(): { issuer: string; login: Login } | undefined {
    for (const { url, login } of this.#file.value.issuers) if (login) return { issuer: url, login };
    return undefined;
  }

  /** A token of the host for an ID token; rejects as {@link IdTokens.verify} does, and with IDENTITY_UNBOUND. */
  async exchange(idToken: string, now = new Date()): Promise<IssuedToken> {
    const { issuer, claims } = await this.#idTokens.verify(idToken, this.#file.value.issuers, now);
    // Read after the wait for the keys: a rule that is gone binds nothing.
    const isPullRequest = isOfPullRequest(claims, issuer) || undefined;
    for (const rule of this.#file.value.rules) {
      const texts = claimTexts(rule, claims);
      const principal = rule.issuer === issuer.name ? bind(rule, texts) : undefined;
      if (principal === undefined || !mayBind(rule, isPullRequest)) continue;
      const grant = { rule: rule.name, issuer: issuer.url, claims: matching(rule, texts), isPullRequest };
      return this.#issue(grant, principal, lifetimeS, now);
    }
    const which = isPullRequest ? "rule for untrusted builds" : "rule";
    throw typedError({
      code: Code.PermissionDenied,
      reason: "IDENTITY_UNBOUND",
      message: `No ${which} of the host binds ${shown(claims.sub)} of the issuer ${issuer.name} to a role.`,
      remedy: isPullRequest
        ? 'Ask the host\'s operator for a rule with trust = "untrusted": the token is of a pull request.'
        : "Ask the host's operator for a rule in the issuers file that matches the token's claims.",
    });
  }

  /**
   * A token for one build of the bearer of another token of the host. UNAUTHENTICATED as in {@link authenticate}. A token
   * for a build is refused: it would live on for ever.
   */
  limit(token: string, build: string, now = new Date()): IssuedToken {
    const { principal, grant } = this.#read(token, now);
    if (grant.build !== undefined) throw wrong("The token is limited to one build already.");
    return this.#issue({ ...grant, build }, principal.id, buildLifetimeS, now);
  }

  /**
   * Who shows a token of the host. UNAUTHENTICATED, reasons TOKEN_WRONG, TOKEN_EXPIRED, and IDENTITY_UNBOUND when the
   * rule is gone or does not match any more. Rights are those that the rule gives now.
   */
  authenticate(token: string, now = new Date()): Principal {
    return this.#read(token, now).principal;
  }

  /** The rights that the rule of a principal's id gives now; no role when there is no such rule, or it cannot make this id. */
  now(id: string): Principal {
    const [, of, name = ""] = /^oidc:([\w.-]+):(.*)$/s.exec(id) ?? [];
    const rule = this.#file.value.rules.find((each) => each.name === of && canName(each, name));
    return granted(id, rule);
  }

  #read(token: string, now: Date): { grant: Grant; principal: Principal } {
    const grant = this.#tokens.read(token);
    if (!grant) throw wrong("The token is not one of this host's.");
    if (grant.expires * 1000 <= now.getTime())
      throw typedError({
        code: Code.Unauthenticated,
        reason: "TOKEN_EXPIRED",
        message: `The token expired at ${new Date(grant.expires * 1000).toISOString()}.`,
        remedy: "Exchange a new ID token for a token of the host.",
      });
    const rule = this.#ruleOf(grant);
    const id = rule && bind(rule, grant.claims);
    if (!rule || id === undefined || !mayBind(rule, grant.isPullRequest))
      throw typedError({
        code: Code.Unauthenticated,
        reason: "IDENTITY_UNBOUND",
        message: `The rule ${grant.rule} does not give the token's bearer access any more.`,
        remedy: "Exchange a new ID token for a token of the host.",
      });
    return { grant, principal: { ...granted(id, rule), build: grant.build } };
  }

  #ruleOf({ rule: name, issuer: url }: Grant): BindRule | undefined {
    const { issuers, rules } = this.#file.value;
    const rule = rules.find((each) => each.name === name);
    return issuers.some((issuer) => issuer.name === rule?.issuer && issuer.url === url) ? rule : undefined;
  }

  #issue(grant: Omit<Grant, "expires">, principal: string, lifetimeS: number, now: Date): IssuedToken {
    const token = this.#tokens.issue({ ...grant, expires: Math.floor(now.getTime() / 1000) + lifetimeS });
    if (token === undefined)
      throw typedError({
        code: Code.ResourceExhausted,
        reason: "ID_TOKEN_CLAIMS_TOO_LARGE",
        message: `The claims that the rule ${grant.rule} names are too large for a token of the host.`,
        remedy: "Name other claims in the rule.",
      });
    return { token, principal, lifetimeS };
  }
}

/**
 * A file that is gone, or that others can reach, ends the access of everybody at once. One with a mistake does not: the
 * former content applies until it is corrected.
 */
function withdrawn(file: string, error: unknown, log: Log): IssuersFile {
  const { reason } = readTypedError(error);
  if (reason !== "ISSUERS_FILE_UNREADABLE" && reason !== "ISSUERS_FILE_UNSAFE") throw error;
  log.error("The issuers file cannot be used; the identities of issuers have no access", {
    file,
    error: String(error),
  });
  return { issuers: [], rules: [] };
}

/** Whether a token is of a job that builds a pull request. */
function isOfPullRequest(claims: Claims, { pullRequest = {} }: Issuer): boolean {
  return Object.entries(pullRequest).some(([name, form]) => form.test(String(claims[name] ?? "")));
}

/** A pull request may only lower the trust: a rule for trusted builds does not bind it, whatever it matches. */
function mayBind({ trust }: BindRule, isPullRequest: boolean | undefined): boolean {
  return !isPullRequest || trust === "untrusted";
}

/** The subject of a token, for people. */
function shown(subject: unknown): string {
  return typeof subject === "string" ? JSON.stringify(subject.slice(0, 200)) : "the subject";
}

function wrong(message: string): ConnectError {
  return typedError({
    code: Code.Unauthenticated,
    reason: "TOKEN_WRONG",
    message,
    remedy: "Exchange an ID token for a token of the host.",
  });
}
