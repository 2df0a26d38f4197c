import type { Grants } from "./principal.js";

/** Which tokens of an issuer give which rights. */
export interface BindRule extends Grants {
  /** Unique in the file; part of the principal's id. */
  name: string;
  /** Name of the issuer. */
  issuer: string;
  /** Claims and the value of each, in which `*` stands for any text. All must match. */
  claims: Readonly<Record<string, string>>;
  /** Name of the principal within the rule, with claims in braces. */
  principal: string;
}

/** Claims of an ID token. */
export type Claims = Readonly<Record<string, unknown>>;

/** The texts of a claim by the name that a rule uses; several when the claim is a list. */
export type ClaimTexts = Readonly<Record<string, string[]>>;

/** Names of the claims that a rule depends on. */
export function claimNames({ claims, principal }: BindRule): string[] {
  const inName = [...principal.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name!);
  return [...new Set([...Object.keys(claims), ...inName])];
}

/** The claims of a token that a rule depends on. A name that begins with "/" is a JSON pointer (RFC 6901). */
export function claimTexts(rule: BindRule, claims: Claims): ClaimTexts {
  return Object.fromEntries(claimNames(rule).map((name) => [name, textsOf(claimAt(claims, name))]));
}

/** Names of principals are shown and logged, so they have no control or format characters. */
const nameForm = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u;
/** They are parts of keys of the store, which are limited. */
const maxNameBytes = 512;

/**
 * The id of the principal that a rule makes of claims; undefined when they do not match the rule, or make no name of 1 to
 * 512 bytes without control and format characters.
 */
export function bind(rule: BindRule, claims: ClaimTexts): string | undefined {
  const textsOf = (name: string) => (Object.hasOwn(claims, name) ? claims[name]! : []);
  for (const [name, pattern] of Object.entries(rule.claims))
    if (!textsOf(name).some((text) => matchesGlob(pattern, text))) return undefined;
  let isWhole = true;
  const name = rule.principal.replace(/\{([^{}]+)\}/g, (_, claim: string) => {
    const [text, ...more] = textsOf(claim);
    isWhole &&= text !== undefined && text !== "" && more.length === 0;
    return text ?? "";
  });
  const isName = isWhole && nameForm.test(name) && Buffer.byteLength(name) <= maxNameBytes;
  return isName ? `oidc:${rule.name}:${name}` : undefined;
}

/** Of the claims of a token that a rule binds, what it needs: of a list, such as that of a user's groups, what matches. */
export function matching({ claims: patterns }: BindRule, claims: ClaimTexts): ClaimTexts {
  const ofClaim = ([name, texts]: [string, string[]]): [string, string[]] => {
    const pattern = Object.hasOwn(patterns, name) ? patterns[name]! : "*";
    return [name, texts.filter((text) => matchesGlob(pattern, text))];
  };
  return Object.fromEntries(Object.entries(claims).map(ofClaim));
}

/**
 * Whether a rule can make a principal of this name: each claim in the name has the value that the rule wants. Its other
 * claims are not known any more.
 */
export function canName({ claims, principal }: BindRule, name: string): boolean {
  const patternOf = (claim: string) => (Object.hasOwn(claims, claim) ? claims[claim]! : "*");
  return matchesGlob(
    principal.replace(/\{([^{}]+)\}/g, (_, claim: string) => patternOf(claim)),
    name,
  );
}

/** Whether a text has the form of a pattern, in which `*` stands for any text. Takes linear memory and no backtracking. */
export function matchesGlob(pattern: string, text: string): boolean {
  const [first, ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first!) || text.length < first!.length + last.length || !text.endsWith(last))
    return false;
  const end = text.length - last.length;
  let from = first!.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}

function claimAt(claims: Claims, name: string): unknown {
  const path = name.startsWith("/")
    ? name
        .slice(1)
        .split("/")
        .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    : [name];
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined,
    claims,
  );
}

/** Numbers that JSON in JavaScript does not keep exactly are left out: two ids would be one. */
function textsOf(value: unknown): string[] {
  const values = Array.isArray(value) ? value : [value];
  return values
    .filter((each) => typeof each === "string" || typeof each === "boolean" || Number.isSafeInteger(each))
    .map(String);
}
