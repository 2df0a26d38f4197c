import { isSafeUrl } from "../../network/is-safe-url.js";
import { type BindRule, claimNames } from "./bind-rules.js";
import { Entry, fileRefused, grantKeys, listIn, parseSections, readEntriesFile } from "./entries-file.js";
import { type IssuerPreset, presets } from "./issuer-presets.js";

/** Who issues ID tokens that the host accepts. */
export interface Issuer {
  name: string;
  /** The claim `iss`, exactly. Its OpenID configuration is read below it. */
  url: string;
  /** The claim `aud` of tokens for this host. */
  audience: string;
  /** Where its keys are; by default as its OpenID configuration says. */
  keysUrl?: string;
  /** File with the certificates in PEM that its TLS is verified against; default: those that the machine trusts. */
  caFile?: string;
  /** File with a bearer token for its configuration and keys, as a Kubernetes API server may want it. */
  tokenFile?: string;
  /** People log in with it. */
  login?: Login;
  /** What its tokens of pull requests have; see {@link IssuerPreset}. */
  pullRequest?: IssuerPreset["pullRequest"];
}

/** A public client of an issuer, with which people get ID tokens for the host. */
export interface Login {
  /** By default the issuer's audience: the ID tokens of a client are for itself. */
  clientId: string;
  /** What the client asks for; "openid" is among them. */
  scopes: string[];
}

/** The issuers that a host trusts, and its rules in the order in which they are tried. */
export interface IssuersFile {
  issuers: Issuer[];
  rules: BindRule[];
}

const nameForm = /^[\w.-]{1,64}$/;

/**
 * Reads an issuers file: TOML with `[[issuer]]` and `[[bind]]`. It must belong to this user or to root, and nobody else
 * may reach it, as with the access file. FAILED_PRECONDITION otherwise, reasons ISSUERS_FILE_UNREADABLE,
 * ISSUERS_FILE_UNSAFE and ISSUERS_FILE_INVALID.
 */
export async function readIssuersFile(file: string): Promise<IssuersFile> {
  const text = await readEntriesFile(file, {
    title: "issuers file",
    unreadable: "ISSUERS_FILE_UNREADABLE",
    unsafe: "ISSUERS_FILE_UNSAFE",
  });
  return parseIssuersFile(file, text);
}

/** Parses an issuers file. */
export function parseIssuersFile(file: string, text: string): IssuersFile {
  const invalid = (why: string) =>
    fileRefused(
      file,
      "ISSUERS_FILE_INVALID",
      `The issuers file ${file} is not valid: ${why}.`,
      "Correct the entry; docs/security.md describes it.",
    );
  const table = parseSections(text, ["issuer", "bind"], invalid);
  const read = <T>(key: string, known: readonly string[], convert: (entry: IssuersEntry) => T): T[] =>
    listIn(table, key, invalid).map((value, index) =>
      convert(new IssuersEntry(value, `${key}[${index}]`, known, invalid)),
    );
  const presetOf = new Map<string, IssuerPreset>();
  const issuers = read("issuer", issuerKeys, (entry): Issuer => {
    const name = entry.text("name", nameForm);
    const named = entry.preset();
    const url = entry.url("url", named?.url)!;
    // An issuer that everybody can get tokens of is one also when its preset is not named.
    const preset = named ?? Object.values<IssuerPreset>(presets).find((each) => each.url === url);
    if (preset) presetOf.set(name, preset);
    return {
      name,
      url,
      audience: entry.text("audience", /^\S{1,256}$/),
      keysUrl: entry.url("keys_url", null),
      caFile: entry.optional("ca_file"),
      tokenFile: entry.optional("token_file"),
      login: entry.login(preset),
      pullRequest: preset?.pullRequest,
    };
  });
  const [login, another] = issuers.filter((issuer) => issuer.login);
  if (another)
    throw invalid(`the issuers "${login!.name}" and "${another.name}" have a login; one of them may have it`);
  const rules = read("bind", ruleKeys, (entry): BindRule => {
    const issuer = entry.text("issuer", nameForm);
    if (!issuers.some(({ name }) => name === issuer))
      throw entry.fault("issuer", `"${issuer}" is not listed`);
    const preset = presetOf.get(issuer);
    const claims = entry.claims();
    const anchors = Object.keys(preset?.anchors ?? {});
    const isAnchor = (claim: string, value: string) =>
      preset
        ? anchors.includes(claim) && preset.anchors[claim]!.test(value)
        : !sameForAll.includes(claim) && !value.startsWith("*");
    if (!Object.entries(claims).some(([claim, value]) => isAnchor(claim, value)))
      throw entry.fault(
        "claims",
        preset
          ? `must name one of ${anchors.join(", ")} without a * in what names the owner`
          : `must name one beside ${sameForAll.join(" and ")} without a * at its start`,
      );
    const principal = entry.optional("principal") ?? preset?.principal ?? "{sub}";
    if (/[{}]/.test(principal.replace(/\{[^{}]+\}/g, "")))
      throw entry.fault("principal", "must have claims in braces, such as {sub}");
    return {
      name: entry.text("name", nameForm),
      issuer,
      claims,
      principal,
      ...entry.grants(),
    };
  });
  for (const [what, names] of [
    ["issuer", issuers.map(({ name }) => name)],
    ["URL", issuers.map(({ url }) => url)],
    ["rule", rules.map(({ name }) => name)],
  ] as const) {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw invalid(`the ${what} "${twice}" is listed twice`);
  }
  for (const rule of rules)
    if (claimNames(rule).length > 32) throw invalid(`the rule "${rule.name}" names more than 32 claims`);
  return { issuers, rules };
}

const issuerKeys = ["name", "preset", "url", "audience", "keys_url", "ca_file", "token_file", "login"];
const loginKeys = ["client_id", "scopes"];
const ruleKeys = ["name", "issuer", "claims", "principal", ...grantKeys];

/** Claims that all tokens of an issuer for the host have alike. */
const sameForAll = ["iss", "aud"];

class IssuersEntry extends Entry {
  optional(key: string): string | undefined {
    const value = this.values[key];
    if (value === undefined || (typeof value === "string" && /^\S.{0,1023}$/.test(value))) return value;
    throw this.fault(key, "is malformed");
  }

  preset(): IssuerPreset | undefined {
    const name = this.optional("preset");
    if (name === undefined) return undefined;
    const found = Object.entries<IssuerPreset>(presets).find(([known]) => known === name);
    if (!found) throw this.fault("preset", `must be one of ${Object.keys(presets).join(", ")}`);
    return found[1];
  }

  /** A URL that is safe to fetch keys from. `byDefault`: null for one that may be absent. */
  url(key: string, byDefault: string | null | undefined): string | undefined {
    const value = this.optional(key) ?? byDefault;
    if (value === null) return undefined;
    if (value === undefined) throw this.fault(key, "is missing");
    if (!isSafeUrl(value)) throw this.fault(key, "must be a URL with https, or of the loopback interface");
    return value;
  }

  /** No preset is of an issuer whose tokens for people a rule could bind: see {@link IssuerPreset.anchors}. */
  login(preset: IssuerPreset | undefined): Login | undefined {
    const { login, audience } = this.values;
    if (login === undefined) return undefined;
    if (preset) throw this.fault("login", "cannot be used: this issuer issues tokens to jobs, not to people");
    const entry = new IssuersEntry(login, `${this.where}.login`, loginKeys, this.invalid);
    return { clientId: entry.optional("client_id") ?? String(audience), scopes: entry.scopes() };
  }

  /** Scopes of OAuth 2.0, of which OpenID Connect requires one. */
  scopes(): string[] {
    const { scopes = ["openid", "offline_access"] } = this.values;
    const isScope = (scope: unknown) => typeof scope === "string" && /^[!#-[\]-~]{1,256}$/.test(scope);
    if (!Array.isArray(scopes) || scopes.length > 32 || !scopes.every(isScope))
      throw this.fault("scopes", "must be a list of at most 32 scopes");
    if (!scopes.includes("openid")) throw this.fault("scopes", 'must have "openid": it asks for an ID token');
    return scopes;
  }

  claims(): Record<string, string> {
    const { claims } = this.values;
    const values = typeof claims === "object" && claims !== null ? Object.entries(claims) : [];
    if (values.length === 0) throw this.fault("claims", "is missing");
    for (const [name, value] of values)
      if (typeof value !== "string" || value === "" || value.length > 1024)
        throw this.fault(`claims.${name}`, "must be a text of 1 to 1024 characters");
    return Object.fromEntries(values);
  }
}
