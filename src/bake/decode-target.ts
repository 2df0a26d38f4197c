import { BakeError } from "./bake-error.js";
import {
  attestationOf,
  cacheOf,
  csv,
  type Entry,
  outputOf,
  parseAttestation,
  parseBool,
  parseCaches,
  parseOutput,
  parseSecret,
  parseSsh,
  type SecretEntry,
  type SshEntry,
} from "./entries.js";
import { ConversionError, convert, toBool, toNumber, toText } from "./hcl/convert.js";
import { HclError } from "./hcl/hcl-error.js";
import { HclNumber } from "./hcl/number.js";
import { Mapping, Sequence, toJson, typeName, type Value } from "./hcl/value.js";
import type { Policy, Target } from "./target.js";

const textDecoder = (value: Value) => (value === null ? undefined : toText(value));
const boolDecoder = (value: Value) => (value === null ? undefined : toBool(value));

/** Reads each attribute of a target from its value. */
const decoders: { readonly [K in keyof Target]-?: (value: Value) => Target[K] | undefined } = {
  description: textDecoder,
  inherits: texts,
  annotations: texts,
  attest: (value) => list(value, attestation),
  context: textDecoder,
  contexts: textsByName,
  dockerfile: textDecoder,
  "dockerfile-inline": textDecoder,
  args: textsByName,
  labels: textsByName,
  tags: texts,
  "cache-from": (value) => list(value, caches)?.flat(),
  "cache-to": (value) => list(value, caches)?.flat(),
  target: textDecoder,
  secret: (value) => list(value, secret),
  ssh: (value) => list(value, agent),
  platforms: texts,
  output: (value) => list(value, output),
  pull: boolDecoder,
  "no-cache": boolDecoder,
  network: textDecoder,
  "no-cache-filter": texts,
  "shm-size": textDecoder,
  ulimits: texts,
  resources,
  call: textDecoder,
  entitlements: texts,
  "extra-hosts": textsByName,
  policy: (value) => list(value, policy),
};

/** Whether a target can have an attribute. */
export function isTargetAttribute(name: string): name is keyof Target {
  return Object.hasOwn(decoders, name);
}

/** Reads an attribute of a target. Throws an {@link HclError}. */
export function decodeAttribute<K extends keyof Target>(name: K, value: Value): Target[K] | undefined {
  try {
    return decoders[name](value) as Target[K] | undefined;
  } catch (cause) {
    if (!(cause instanceof ConversionError) && !(cause instanceof BakeError)) throw cause;
    throw new HclError("Unsuitable value type", `Unsuitable value: ${cause.message}`);
  }
}

/** Reads a list of texts. */
export function texts(value: Value): string[] | undefined {
  const all = convert(value, { kind: "list", element: "string" }) as Sequence | null;
  return all?.items.map((item) => {
    if (item === null) throw new ConversionError("must not be null");
    return toText(item);
  });
}

/** The value that expressions see of a decoded attribute. */
export function attributeValue(decoded: unknown): Value {
  if (decoded === undefined || decoded === null) return null;
  if (typeof decoded === "string" || typeof decoded === "boolean") return decoded;
  if (typeof decoded === "number") return HclNumber.from(decoded);
  if (Array.isArray(decoded)) return new Sequence(decoded.map(itemValue), "list");
  return new Mapping(
    Object.entries(decoded).map(([key, value]) => [key, attributeValue(value)]),
    "map",
  );
}

function itemValue(item: unknown): Value {
  if (typeof item === "string") return item;
  const { type, attributes, destination, disabled, ...rest } = item as Entry;
  if (attributes === undefined)
    return new Mapping(Object.entries(rest).map(([key, value]) => [key, attributeValue(value)]));
  const entries: [string, Value][] = [...Object.entries(attributes), ["type", type]];
  if (destination !== undefined) entries.push(["dest", destination]);
  if (disabled) entries.push(["disabled", "true"]);
  return new Mapping(entries, "map");
}

function textsByName(value: Value): Record<string, string> | undefined {
  const mapping = convert(value, { kind: "map", element: "string" }) as Mapping | null;
  if (!mapping) return undefined;
  return Object.fromEntries(
    [...mapping.entries].flatMap(([key, each]) => (each === null ? [] : [[key, toText(each)]])),
  );
}

function list<T>(value: Value, read: (item: Value) => T): T[] | undefined {
  if (value === null) return undefined;
  if (!(value instanceof Sequence) || value.kind === "set")
    throw new ConversionError("list of map of string required");
  return value.items.filter((item) => item !== "").map(read);
}

/** The texts of an entry that is a map, its type first. */
function attributesOf(item: Value): Record<string, string> {
  const mapping = convert(item, { kind: "map", element: "string" });
  if (!(mapping instanceof Mapping))
    throw new ConversionError(`map of string required, but have ${typeName(item)}`);
  return Object.fromEntries(
    [...mapping.entries].flatMap(([key, each]) => (each === null ? [] : [[key, toText(each)]])),
  );
}

function attestation(item: Value): Entry {
  if (typeof item === "string") return parseAttestation(item);
  const { type = "", disabled, ...attributes } = attributesOf(item);
  const isOff = disabled !== undefined && toBool(disabled);
  return attestationOf({ type, attributes, ...(isOff ? { disabled: true } : {}) });
}

function caches(item: Value): Entry[] {
  if (typeof item === "string") return parseCaches([item]);
  const { type = "", ...attributes } = attributesOf(item);
  return [cacheOf({ type, attributes }, toJson(item))];
}

function output(item: Value): Entry {
  if (typeof item === "string") return parseOutput(item);
  const { type = "", dest: destination = "", ...attributes } = attributesOf(item);
  return outputOf({ type, attributes, destination });
}

function secret(item: Value): SecretEntry {
  if (typeof item === "string") return parseSecret(item);
  const { id = "", src = "", env = "" } = attributesOf(item);
  return { id, src, env };
}

function agent(item: Value): SshEntry {
  if (typeof item === "string") return parseSsh(item);
  if (!(item instanceof Mapping)) throw new ConversionError("object required");
  const id = item.entries.get("id") ?? null;
  const paths = item.entries.get("paths") ?? null;
  return { id: id === null ? "" : toText(id), paths: paths === null ? [] : texts(paths)! };
}

const wholeResources = ["cpu-shares", "cpu-period", "cpu-quota"];
const resourceNames = ["memory", "memory-swap", ...wholeResources, "cpuset-cpus", "cpuset-mems"];

function resources(value: Value): Record<string, string | number> | undefined {
  if (value === null) return undefined;
  if (!(value instanceof Mapping)) throw new ConversionError("object required");
  return Object.fromEntries(
    [...value.entries].flatMap(([name, each]) => {
      if (!resourceNames.includes(name)) throw new BakeError(`unknown resources key ${name}`);
      if (each === null) return [];
      return [[name, wholeResources.includes(name) ? toNumber(each).toNumber() : toText(each)]];
    }),
  );
}

/** Sets one of the limits from a text. */
export function resourceOf(name: string, value: string): string | number {
  if (!resourceNames.includes(name)) throw new BakeError(`unknown resources key ${name}`);
  if (!wholeResources.includes(name)) return value;
  if (!/^[+-]?\d+$/.test(value))
    throw new BakeError(`invalid value ${value} for int64 key resources.${name}`);
  return Number(value);
}

function policy(item: Value): Policy {
  if (typeof item === "string") return parsePolicy(item);
  const attributes = attributesOf(item);
  return parsePolicyFields(Object.entries(attributes));
}

/** Parses "filename=…,reset=…,disabled=…,strict=…,log-level=…". */
export function parsePolicy(text: string): Policy {
  return parsePolicyFields(
    csv(text).map((field) => {
      const equals = field.indexOf("=");
      if (equals < 0) throw new BakeError(`invalid value ${field}`);
      return [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1)];
    }),
  );
}

function parsePolicyFields(fields: readonly [string, string][]): Policy {
  const policy = {
    Files: null as Policy["Files"],
    Reset: false,
    Disabled: false,
    Strict: null as boolean | null,
    LogLevel: null as string | null,
  };
  for (const [key, value] of fields) {
    const message = `invalid value ${key}=${value}`;
    if (key === "filename" && value) policy.Files = [...(policy.Files ?? []), { Filename: value }];
    else if (key === "reset") policy.Reset = parseBool(value, message);
    else if (key === "disabled") policy.Disabled = parseBool(value, message);
    else if (key === "strict") policy.Strict = parseBool(value, message);
    else if (key === "log-level") policy.LogLevel = value;
    else throw new BakeError(message);
  }
  return policy;
}
