import { redacted, withoutCredentials } from "../../../inputs/url-credentials.js";

/** Attributes of BuildKit's cache backends that are secret: of s3, azblob and gha. */
const secretOfCache = /^(secret_access_key|session_token|token)$/;

/** Build arguments that the Dockerfile frontend predefines for proxies. */
const proxyArg = /^build-arg:(http|https|ftp|all)_proxy$/i;
/** The value of one: its password may contain any character, and its scheme may be missing. */
const proxyValue = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)@/is;

const argPrefix = "build-arg:";

/** Build arguments as attributes of the frontend. */
export function argsAsAttributes(args: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [argPrefix + name, value]));
}

/**
 * Whether the value of an attribute is secret.
 * @param marked names of build arguments, which attributes have after "build-arg:", or of attributes
 */
export function isSecret(name: string, marked: readonly string[]): boolean {
  const names = name.startsWith(argPrefix) ? [name, name.slice(argPrefix.length)] : [name];
  return secretOfCache.test(name) || names.some((each) => marked.includes(each));
}

/** User and password of the proxy that an attribute names; undefined for other attributes. */
export function proxyCredentials(name: string, value: string): string | undefined {
  return proxyArg.test(name) ? proxyValue.exec(value)?.[2] : undefined;
}

/** Build arguments as they are shown. */
export function shownArgs(args: Record<string, string>, marked: readonly string[]): Record<string, string> {
  const shown = Object.entries(shownAttributes(argsAsAttributes(args), marked));
  return Object.fromEntries(shown.map(([name, value]) => [name.slice(argPrefix.length), value]));
}

/** Attributes as they are shown; see {@link isSecret}. */
export function shownAttributes(
  attributes: Record<string, string>,
  marked: readonly string[],
): Record<string, string> {
  const shown = (name: string, value: string) => {
    if (isSecret(name, marked)) return redacted;
    if (name === "cache-imports") return cacheNames(value);
    return withoutCredentials(proxyArg.test(name) ? value.replace(proxyValue, `$1${redacted}@`) : value);
  };
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, shown(name, value)]));
}

/** Attributes that identify the cache. */
const identifying = ["ref", "scope"];

/** Cache imports without all that does not identify them, as in buildx; empty when they are damaged. */
function cacheNames(imports: string): string {
  try {
    const list: { Type: string; Attrs?: Record<string, string> }[] = JSON.parse(imports);
    const open = list.map(({ Type, Attrs = {} }) => {
      return {
        Type,
        Attrs: Object.fromEntries(Object.entries(Attrs).filter(([key]) => identifying.includes(key))),
      };
    });
    return JSON.stringify(open);
  } catch {
    return "";
  }
}
