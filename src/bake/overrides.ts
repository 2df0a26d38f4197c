import { BakeError } from "./bake-error.js";
import { parsePolicy, resourceOf } from "./decode-target.js";
import {
  type Entry,
  lastByKey,
  parseAttestation,
  parseBool,
  parseCaches,
  parseOutput,
  parseSecret,
  parseSsh,
  withoutDuplicates,
} from "./entries.js";
import type { Target } from "./target.js";

/** What `--set` changes of one target, by its key. */
export interface Override {
  readonly value: string;
  readonly values: readonly string[];
  readonly isAppended: boolean;
}

/** The overrides of targets, by target and key. */
export type Overrides = ReadonlyMap<string, ReadonlyMap<string, Override>>;

const lists = new Set([
  "output",
  "cache-to",
  "cache-from",
  "tags",
  "platform",
  "no-cache-filter",
  "ulimits",
  "secrets",
  "ssh",
  "attest",
  "entitlements",
  "network",
  "annotations",
  "policy",
]);

/**
 * Parses overrides: "target.key=value", "target.key+=value"; the target may be a pattern.
 * @param lookUp the caller's environment, for an argument without a value
 */
export function parseOverrides(
  given: readonly string[],
  names: readonly string[],
  lookUp: (name: string) => string | undefined,
): Overrides {
  const overrides = new Map<string, Map<string, Override>>();
  for (const text of given) {
    const equals = text.indexOf("=");
    const left = equals < 0 ? text : text.slice(0, equals);
    const isAppended = left.endsWith("+");
    const path = isAppended ? left.slice(0, -1) : left;
    const [pattern, key, ...rest] = splitKey(path);
    if (key === undefined) throw new BakeError(`invalid override key ${path}, expected target.name`);
    if (equals < 0 && key !== "args")
      throw new BakeError(`invalid override ${text}, expected target.name=value`);
    if (["resources", "secret", "args", "contexts"].includes(key) && rest.length === 0)
      throw new BakeError(`invalid key ${left}, ${key} requires name`);
    if (isAppended && (key === "resources" || key === "secret"))
      throw new BakeError(`invalid key ${left}, ${key} does not support append`);
    const value = equals < 0 ? lookUp(rest[0]!) : text.slice(equals + 1);
    const matching = matchTargets(pattern!, names);
    if (value === undefined) continue;
    for (const name of matching) {
      const known = overrides.get(name) ?? new Map<string, Override>();
      overrides.set(name, known);
      const whole = [key, ...rest].join(".");
      const before = known.get(whole);
      known.set(
        whole,
        lists.has(key)
          ? { value: key === "network" ? value : "", values: [...(before?.values ?? []), value], isAppended }
          : { value, values: [], isAppended: false },
      );
    }
  }
  return overrides;
}

/** The names that a pattern of targets matches. Throws if there is none. */
export function matchTargets(pattern: string, names: readonly string[]): string[] {
  if (names.includes(pattern)) return [pattern];
  const found = names.filter((name) => matchesPattern(name, pattern));
  if (found.length === 0) throw new BakeError(`could not find any target matching '${pattern}'`);
  return found;
}

/** Whether a name matches a pattern of Go's path.Match. */
export function matchesPattern(name: string, pattern: string): boolean {
  const source = pattern.replace(/\[\^?[^\]]*\]|\\.|[\s\S]/g, (token) => {
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (token.startsWith("[") && token.length > 1) return token;
    const character = token.startsWith("\\") && token.length > 1 ? token[1]! : token;
    return character.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source}$`, "u").test(name);
}

/** Applies the overrides of a target. */
export function applyOverrides(target: Target, overrides: ReadonlyMap<string, Override> = new Map()): Target {
  let result = target;
  // Secrets by id change what "secrets" sets.
  const ordered = [...overrides].sort(([a], [b]) => rank(a) - rank(b));
  for (const [key, override] of ordered) result = { ...result, ...changeOf(result, key, override) };
  return result;
}

function rank(key: string): number {
  if (key.startsWith("secret.")) return 2;
  return key === "push" || key === "load" ? 1 : 0;
}

function changeOf(target: Target, key: string, { value, values, isAppended }: Override): Target {
  const dot = key.indexOf(".");
  const attribute = dot < 0 ? key : key.slice(0, dot);
  const name = dot < 0 ? "" : key.slice(dot + 1);
  const listed = <T>(former: readonly T[] | undefined, added: readonly T[]) =>
    isAppended ? [...(former ?? []), ...added] : added;
  const given = values.filter(Boolean);
  switch (attribute) {
    case "context":
    case "dockerfile":
    case "target":
    case "call":
    case "shm-size":
    case "network":
      return { [attribute]: value };
    case "args":
    case "contexts":
    case "labels":
    case "extra-hosts":
      if (!name)
        throw new BakeError(
          `invalid format for ${attribute}, expecting ${attribute}.<${attribute === "extra-hosts" ? "hostname" : "name"}>=<${attribute === "extra-hosts" ? "ip" : "value"}>`,
        );
      return { [attribute]: { ...target[attribute], [name]: value } };
    case "resources":
      return { resources: { ...target.resources, [name]: resourceOf(name, value) } };
    case "tags":
      return { tags: listed(target.tags, values) };
    case "platform":
      return { platforms: listed(target.platforms, values) };
    case "no-cache-filter":
    case "ulimits":
      return { [attribute]: listed(target[attribute], given) };
    case "policy":
      return { policy: listed(target.policy, values.map(parsePolicy)) };
    case "cache-from":
    case "cache-to": {
      const caches = parseCaches(values);
      return {
        [attribute]: isAppended ? withoutDuplicates([...(target[attribute] ?? []), ...caches]) : caches,
      };
    }
    case "secret":
      return { secret: withSecret(target.secret ?? [], name, value) };
    case "secrets":
      return { secret: lastByKey(listed(target.secret, given.map(parseSecret)), ({ id }) => id) };
    case "ssh":
      return { ssh: lastByKey(listed(target.ssh, given.map(parseSsh)), ({ id }) => id) };
    case "output": {
      const outputs = given.map(parseOutput);
      return { output: isAppended ? withoutDuplicates([...(target.output ?? []), ...outputs]) : outputs };
    }
    case "entitlements":
      return { entitlements: [...(target.entitlements ?? []), ...values] };
    case "annotations":
      return { annotations: [...(target.annotations ?? []), ...values] };
    case "attest":
      return {
        attest: lastByKey([...(target.attest ?? []), ...given.map(parseAttestation)], ({ type }) => type),
      };
    case "no-cache":
    case "pull":
      return { [attribute]: parseBool(value, `invalid value ${value} for boolean key ${attribute}`) };
    case "push":
      return {
        output: withPush(
          target.output ?? [],
          parseBool(value, `invalid value ${value} for boolean key push`),
        ),
      };
    case "load":
      return {
        output: withLoad(
          target.output ?? [],
          parseBool(value, `invalid value ${value} for boolean key load`),
        ),
      };
    default:
      throw new BakeError(`unknown key: ${attribute}`);
  }
}

function withSecret(secrets: NonNullable<Target["secret"]>, id: string, value: string) {
  if (!secrets.some((secret) => secret.id === id))
    throw new BakeError(`secret ${JSON.stringify(id)} must be declared before it can be overridden`);
  const next = parseSecret(value);
  if (next.id && next.id !== id)
    throw new BakeError(
      `secret override id ${JSON.stringify(next.id)} does not match declared secret ${JSON.stringify(id)}`,
    );
  return secrets.map((secret) => (secret.id === id ? { ...next, id } : secret));
}

function withPush(outputs: readonly Entry[], push: boolean): Entry[] {
  const set = (entry: Entry): Entry =>
    entry.type === "image" ? { ...entry, attributes: { ...entry.attributes, push: String(push) } } : entry;
  if (!push) return outputs.filter(({ type }) => type !== "registry").map(set);
  const changed = outputs.map(set);
  const isAdded = outputs.every(({ type }) => type === "docker");
  return isAdded ? [...changed, { type: "image", attributes: { push: "true" }, destination: "" }] : changed;
}

function withLoad(outputs: readonly Entry[], load: boolean): readonly Entry[] {
  if (!load) return outputs;
  for (const { type, destination } of outputs) {
    if (type === "docker" ? !destination : !["image", "registry", "oci"].includes(type)) return outputs;
  }
  return [...outputs, { type: "docker", attributes: {}, destination: "" }];
}

/** At most three parts: target, key and name. */
function splitKey(path: string): string[] {
  const [target, key, ...rest] = path.split(".");
  return [target!, ...(key === undefined ? [] : [key]), ...(rest.length > 0 ? [rest.join(".")] : [])];
}
