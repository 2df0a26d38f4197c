import { BakeError } from "../bake-error.js";
import { isMapping, Tagged } from "./parse-yaml.js";

/** Lists of "key=value" that are the same as mappings. */
const keyedLists = /^services\.[^/]+\/(?:environment|build\/(?:args|labels|additional_contexts))$/;
const hostLists = /^services\.[^/]+\/build\/extra_hosts$/;

/** Adds a later value to one before it, as Compose does: mappings by key, lists at the end. */
export function mergeCompose(first: unknown, later: unknown, path = ""): unknown {
  if (later instanceof Tagged) return later.tag === "reset" ? undefined : plain(later.value, path);
  if (later === undefined || later === null) return first;
  const [before, after] = [canonical(first, path), canonical(later, path)];
  if (isMapping(before) && isMapping(after)) {
    const merged: Record<string, unknown> = { ...before };
    for (const [key, value] of Object.entries(after)) {
      const result = mergeCompose(before[key], value, below(path, key));
      if (result === undefined && value instanceof Tagged) delete merged[key];
      else merged[key] = result ?? value;
    }
    return merged;
  }
  if (Array.isArray(before) && Array.isArray(after)) return [...before, ...after];
  return plain(after, path);
}

/** A value without tags, in its long form. */
export function plain(value: unknown, path = ""): unknown {
  if (value instanceof Tagged) return value.tag === "reset" ? undefined : plain(value.value, path);
  const long = canonical(value, path);
  if (!isMapping(long)) return Array.isArray(long) ? long.map((item) => plain(item)) : long;
  const entries = Object.entries(long)
    .filter(([, each]) => !(each instanceof Tagged && each.tag === "reset"))
    .map(([key, each]) => [key, plain(each, below(path, key))]);
  return Object.fromEntries(entries);
}

/** The path of a service is "services.NAME", and that of a key in it "services.NAME/build/args". */
function below(path: string, key: string): string {
  if (path === "") return key;
  return path === "services" ? `services.${key}` : `${path}/${key}`;
}

function canonical(value: unknown, path: string): unknown {
  if (/^services\.[^/]+\/build$/.test(path) && typeof value === "string") return { context: value };
  if (!Array.isArray(value)) return value;
  if (keyedLists.test(path)) return Object.fromEntries(value.map((item) => keyValue(String(item), /=/)));
  if (!hostLists.test(path)) return value;
  const hosts: Record<string, string[]> = {};
  for (const item of value) {
    const [host, address] = keyValue(String(item), /[=:]/);
    if (address === null) throw new BakeError(`invalid additional host, missing IP: ${item}`);
    hosts[host] = [...(hosts[host] ?? []), address];
  }
  return hosts;
}

function keyValue(text: string, separator: RegExp): [string, string | null] {
  const at = text.search(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
