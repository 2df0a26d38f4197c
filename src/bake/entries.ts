import { parseCsvLine } from "../inputs/parse-attributes.js";
import { readGoBool } from "../util/go-values.js";
import { BakeError } from "./bake-error.js";

/** An output, a cache or an attestation: its type and attributes. */
export interface Entry {
  readonly type: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of an output. */
  readonly destination?: string;
  /** Of an attestation that is turned off. */
  readonly disabled?: boolean;
}

/** A secret of the caller. */
export interface SecretEntry {
  readonly id: string;
  /** Path of its file. */
  readonly src: string;
  /** Name of an environment variable. */
  readonly env: string;
}

/** An SSH agent or keys of the caller. */
export interface SshEntry {
  readonly id: string;
  /** Paths of keys or of a socket; empty for the caller's agent. */
  readonly paths: readonly string[];
}

/** Parses an output: "type=…,dest=…", a folder, or "-". */
export function parseOutput(text: string): Entry {
  const fields = csv(text);
  if (fields.length === 1 && fields[0] === text && !text.startsWith("type="))
    return { type: text === "-" ? "tar" : "local", attributes: {}, destination: text };
  const {
    type = "",
    dest: destination = "",
    ...attributes
  } = pairs(fields, (key) => key.trim().toLowerCase());
  return outputOf({ type, attributes, destination });
}

/** Checks an output. */
export function outputOf(entry: Entry): Entry {
  if (!entry.type) throw new BakeError("type is required for output");
  return entry;
}

/** Parses caches: "type=…,key=value", or references of a registry. */
export function parseCaches(texts: readonly string[]): Entry[] {
  return texts.filter(Boolean).flatMap((text) => {
    const fields = csv(text);
    if (!text.includes("=")) return fields.map((ref) => ({ type: "registry", attributes: { ref } }));
    const { type = "", ...attributes } = pairs(fields, (key) => key.toLowerCase());
    return [cacheOf({ type, attributes }, text)];
  });
}

/** Checks a cache. */
export function cacheOf(entry: Entry, text: string): Entry {
  if (!entry.type) throw new BakeError(`type required for ${JSON.stringify(text)}`);
  return entry;
}

/** Parses an attestation: "type=sbom,…". */
export function parseAttestation(text: string): Entry {
  let type = "";
  let disabled = false;
  const attributes: Record<string, string> = {};
  for (const field of csv(text)) {
    const [key, value] = pair(field);
    const name = key.trim().toLowerCase();
    if (name === "type") type = value;
    else if (name === "disabled") disabled = parseBool(value, `invalid value ${field}`);
    else attributes[key] = value;
  }
  return attestationOf({ type, attributes, ...(disabled ? { disabled } : {}) });
}

/** Checks an attestation. */
export function attestationOf(entry: Entry): Entry {
  if (!entry.type) throw new BakeError("attestation type not specified");
  return entry;
}

/** Parses a secret: "id=…,src=…" or "id=…,env=…". */
export function parseSecret(text: string): SecretEntry {
  const secret = { id: "", src: "", env: "" };
  let type = "";
  for (const field of csv(text)) {
    const equals = field.indexOf("=");
    if (equals < 0) throw new BakeError(`invalid field '${field}' must be a key=value pair`);
    const key = field.slice(0, equals).toLowerCase();
    const value = field.slice(equals + 1);
    if (key === "type") {
      if (value !== "file" && value !== "env")
        throw new BakeError(`unsupported secret type ${JSON.stringify(value)}`);
      type = value;
    } else if (key === "id") secret.id = value;
    else if (key === "source" || key === "src") secret.src = value;
    else if (key === "env") secret.env = value;
    else throw new BakeError(`unexpected key '${key}' in '${field}'`);
  }
  if (type === "env" && !secret.env) return { id: secret.id, src: "", env: secret.src };
  return secret;
}

/** Parses "id" or "id=path,path". */
export function parseSsh(text: string): SshEntry {
  const equals = text.indexOf("=");
  if (equals < 0) return { id: text, paths: [] };
  return { id: text.slice(0, equals), paths: text.slice(equals + 1).split(",") };
}

/** Splits a line of CSV. */
export function csv(text: string): string[] {
  try {
    return parseCsvLine(text);
  } catch (cause) {
    throw new BakeError(`${JSON.stringify(text)} cannot be read: ${(cause as Error).message}`);
  }
}

/** Reads a truth value as Go does. */
export function parseBool(text: string, message: string): boolean {
  const read = readGoBool(text);
  if (read === undefined) throw new BakeError(message);
  return read;
}

/** Without later duplicates, in the order that buildx gives: a duplicate takes the last one's place. */
export function withoutDuplicates(entries: readonly Entry[]): Entry[] {
  const rest = [...entries];
  for (let index = rest.length - 2; index >= 0; index--) {
    const twice = rest.findIndex((other, at) => at > index && isSame(rest[index]!, other));
    if (twice < 0) continue;
    const last = rest.pop()!;
    if (twice < rest.length) rest[twice] = last;
  }
  return rest;
}

/** Of entries with the same key, the last one, at the place of the first. */
export function lastByKey<T>(entries: readonly T[], key: (entry: T) => string): T[] {
  return [...new Map(entries.map((entry) => [key(entry), entry])).values()];
}

function isSame(a: Entry, b: Entry): boolean {
  const shape = ({ type, destination = "", attributes }: Entry) =>
    JSON.stringify([type, destination, Object.entries(attributes).sort()]);
  return shape(a) === shape(b);
}

function pairs(fields: readonly string[], keyOf: (key: string) => string): Record<string, string> {
  return Object.fromEntries(
    fields.map((field) => {
      const [key, value] = pair(field);
      return [keyOf(key), value];
    }),
  );
}

function pair(field: string): [string, string] {
  const equals = field.indexOf("=");
  if (equals < 0) throw new BakeError(`invalid value ${field}`);
  return [field.slice(0, equals), field.slice(equals + 1)];
}
