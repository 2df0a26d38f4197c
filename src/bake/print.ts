import type { Entry, SecretEntry, SshEntry } from "./entries.js";
import { compareText } from "./hcl/value.js";
import type { Resolved, ResolvedTarget } from "./resolve-targets.js";
import type { Group } from "./target.js";
import { contextPath } from "./target-spec.js";

/** Attributes in the order in which buildx prints them. */
const order = [
  "description",
  "annotations",
  "attest",
  "context",
  "contexts",
  "dockerfile",
  "dockerfile-inline",
  "args",
  "labels",
  "tags",
  "cache-from",
  "cache-to",
  "target",
  "secret",
  "ssh",
  "platforms",
  "output",
  "pull",
  "no-cache",
  "network",
  "no-cache-filter",
  "shm-size",
  "ulimits",
  "resources",
  "call",
  "entitlements",
  "extra-hosts",
  "policy",
] as const;

/** Attributes whose values are escaped, so that the output is a definition file again. */
const escaped = new Set(["annotations", "dockerfile-inline", "labels", "args", "extra-hosts"]);

/** A definition as an object, in the form that buildx prints. */
export function printable({ targets, groups }: Resolved): Record<string, unknown> {
  const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => compareText(a, b));
  return {
    ...(groups.size > 0
      ? { group: Object.fromEntries(sorted(groups).map(([name, group]) => [name, printableGroup(group)])) }
      : {}),
    target: Object.fromEntries(sorted(targets).map(([name, target]) => [name, printableTarget(target)])),
  };
}

function printableGroup({ description, targets }: Group): Record<string, unknown> {
  return { ...(description ? { description } : {}), targets };
}

/** A target as an object, in the form that buildx prints. */
export function printableTarget(target: ResolvedTarget): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const name of order) {
    const value = target[name];
    if (isEmpty(value)) continue;
    shown[name] = name === "context" ? contextPath(target) : shownValue(name, value);
  }
  return shown;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === "") return value === undefined;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function shownValue(name: string, value: unknown): unknown {
  const escapedText = (text: unknown) =>
    escaped.has(name) && typeof text === "string" ? text.replace(/[$%]\{/g, (open) => open[0] + open) : text;
  if (Array.isArray(value))
    return value.map((item) => (typeof item === "string" ? escapedText(item) : itemOf(item)));
  if (typeof value !== "object") return escapedText(value);
  return sortedObject(Object.entries(value as object).map(([key, each]) => [key, escapedText(each)]));
}

function itemOf(item: Entry | SecretEntry | SshEntry): unknown {
  if ("attributes" in item) {
    const { type, attributes, destination, disabled } = item;
    return sortedObject([
      ...Object.entries(attributes),
      ["type", type],
      ...(destination ? [["dest", destination] as const] : []),
      ...(disabled ? [["disabled", true] as const] : []),
    ]);
  }
  if ("paths" in item) return { id: item.id, ...(item.paths.length > 0 ? { paths: item.paths } : {}) };
  if (!("src" in item)) return item;
  const { id, src, env } = item;
  return { ...(id ? { id } : {}), ...(src ? { src } : {}), ...(env ? { env } : {}) };
}

function sortedObject(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries([...entries].sort(([a], [b]) => compareText(a, b)));
}
