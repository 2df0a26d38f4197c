import { isObject } from "slipway/driver";

/** Fields that identify items of Kubernetes' lists; the first that all items have is used. */
const keys = ["mountPath", "name", "key", "topologyKey", "ip"];

/**
 * Merges a user's template into ours, as a strategic merge patch does: objects are merged, null removes a field, and
 * list items are merged when they have the same mountPath, name …; other lists are replaced.
 */
export function mergeTemplate(ours: unknown, theirs: unknown): unknown {
  if (isObject(ours) && isObject(theirs)) {
    const merged = { ...ours };
    for (const [name, value] of Object.entries(theirs)) {
      if (value === null) delete merged[name];
      else merged[name] = mergeTemplate(merged[name], value);
    }
    return merged;
  }
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    const items = [...ours, ...theirs];
    const key = keys.find((name) => items.every((item) => isObject(item) && name in item));
    if (!key) return theirs;
    const merged = [...ours];
    for (const item of theirs) {
      const at = merged.findIndex((other) => other[key] === item[key]);
      if (at < 0) merged.push(item);
      else merged[at] = mergeTemplate(merged[at], item);
    }
    return merged;
  }
  return theirs;
}
