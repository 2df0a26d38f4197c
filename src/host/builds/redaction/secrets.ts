import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { credentialsIn } from "../../../inputs/url-credentials.js";
import { argsAsAttributes, isSecret, proxyCredentials } from "./attributes.js";
import { Redaction } from "./redaction.js";

/** Shorter values also occur by chance. They are masked in their own field only. */
export const minSecretLength = 4;
/** From this length on, a user in a URL without a password is a token. */
const minTokenLength = 16;

/** Masks what is secret in a specification: what the caller marked, and the credentials in URLs. */
export function redactionOfSpec(spec: BuildSpec): Redaction {
  return new Redaction(secretsOfSpec(spec));
}

/** The values that are secret in a specification, each once. */
export function secretsOfSpec(spec: BuildSpec): Set<string> {
  const { buildArgs, frontendAttributes, cacheFrom, cacheTo, outputs, context, namedContexts } = spec;
  const others = [...cacheFrom, ...cacheTo, ...outputs].map(({ attributes }) => attributes);
  const urls = [context, ...Object.values(namedContexts)].flatMap((each) =>
    each?.source.case === "url" ? [each.source.value] : [],
  );
  return secretsOf(
    [argsAsAttributes(buildArgs), frontendAttributes, ...others],
    spec.sensitiveParameters,
    urls,
  );
}

/**
 * Masks what is secret in attributes.
 * @param marked names of those that are secret
 */
export function redactionOf(
  attributes: readonly Record<string, string>[],
  marked: readonly string[],
): Redaction {
  return new Redaction(secretsOf(attributes, marked, []));
}

/** @param urls values beside the attributes that may have credentials */
function secretsOf(
  attributes: readonly Record<string, string>[],
  marked: readonly string[],
  urls: readonly string[],
): Set<string> {
  const entries = attributes.flatMap(Object.entries<string>);
  const values = entries.flatMap(([name, value]) => (isSecret(name, marked) ? value : []));
  const proxies = entries.flatMap(([name, value]) => proxyCredentials(name, value) ?? []);
  const inUrls = [...entries.map(([, value]) => value), ...urls].flatMap(credentialsIn);
  const secrets = [...values, ...[...proxies, ...inUrls].flatMap(secretsOfCredentials)];
  return new Set(secrets.filter(({ length }) => length >= minSecretLength));
}

/** What is secret of "user:password" or "token", as it is written and decoded. */
function secretsOfCredentials(credentials: string): string[] {
  const colon = credentials.indexOf(":");
  if (colon < 0) return credentials.length < minTokenLength ? [] : [credentials];
  const password = credentials.slice(colon + 1);
  return [credentials, password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
