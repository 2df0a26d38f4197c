import { type Entry, lastByKey, type SecretEntry, type SshEntry, withoutDuplicates } from "./entries.js";

/** Texts by name. */
export type Texts = Readonly<Record<string, string>>;

/** A target as far as a file, or several, define it. Names are those of files. Immutable. */
export interface Target {
  readonly description?: string;
  readonly inherits?: readonly string[];
  readonly annotations?: readonly string[];
  readonly attest?: readonly Entry[];
  readonly context?: string;
  readonly contexts?: Texts;
  readonly dockerfile?: string;
  readonly "dockerfile-inline"?: string;
  readonly args?: Texts;
  readonly labels?: Texts;
  readonly tags?: readonly string[];
  readonly "cache-from"?: readonly Entry[];
  readonly "cache-to"?: readonly Entry[];
  readonly target?: string;
  readonly secret?: readonly SecretEntry[];
  readonly ssh?: readonly SshEntry[];
  readonly platforms?: readonly string[];
  readonly output?: readonly Entry[];
  readonly pull?: boolean;
  readonly "no-cache"?: boolean;
  readonly network?: string;
  readonly "no-cache-filter"?: readonly string[];
  readonly "shm-size"?: string;
  readonly ulimits?: readonly string[];
  readonly resources?: Readonly<Record<string, string | number>>;
  readonly call?: string;
  readonly entitlements?: readonly string[];
  readonly "extra-hosts"?: Texts;
  readonly policy?: readonly Policy[];
}

/** What a target says about policies, as buildx prints it. */
export interface Policy {
  readonly Files: readonly { readonly Filename: string }[] | null;
  readonly Reset: boolean;
  readonly Disabled: boolean;
  readonly Strict: boolean | null;
  readonly LogLevel: string | null;
}

/** A set of targets. */
export interface Group {
  readonly name: string;
  readonly description?: string;
  readonly targets: readonly string[];
}

/** Attributes of which a later definition replaces the former. */
const replaced = [
  "context",
  "dockerfile",
  "dockerfile-inline",
  "tags",
  "target",
  "call",
  "platforms",
  "cache-to",
  "output",
  "pull",
  "no-cache",
  "network",
  "shm-size",
] as const;

/** Attributes that are joined. */
const joined = ["annotations", "no-cache-filter", "ulimits", "entitlements", "policy", "inherits"] as const;

/** Attributes that are merged by name. */
const byName = ["args", "contexts", "labels", "extra-hosts", "resources"] as const;

/** Adds a later definition of a target, as inheritance does. */
export function mergeTargets(first: Target, later: Target): Target {
  const merged: Record<string, unknown> = { ...first };
  if (later.description) merged.description = later.description;
  for (const key of replaced) if (later[key] !== undefined) merged[key] = later[key];
  for (const key of joined)
    if (later[key] !== undefined) merged[key] = [...(first[key] ?? []), ...later[key]];
  for (const key of byName) if (later[key] !== undefined) merged[key] = { ...first[key], ...later[key] };
  if (later.attest) merged.attest = attestations([...(first.attest ?? []), ...later.attest]);
  if (later.secret) merged.secret = secrets([...(first.secret ?? []), ...later.secret]);
  if (later.ssh) merged.ssh = agents([...(first.ssh ?? []), ...later.ssh]);
  if (later["cache-from"])
    merged["cache-from"] = withoutDuplicates([...(first["cache-from"] ?? []), ...later["cache-from"]]);
  return merged as Target;
}

/** Removes duplicates and empty values, and adds the entitlement that a network needs. */
export function normalizeTarget(target: Target): Target {
  const normal: Record<string, unknown> = { ...target };
  for (const key of ["annotations", "tags", "platforms", "no-cache-filter", "ulimits"] as const)
    if (target[key]) normal[key] = distinct(target[key]);
  const entitlements = [
    ...(target.entitlements ?? []),
    ...(target.network === "host" ? ["network.host"] : []),
  ];
  normal.entitlements = distinct(entitlements);
  if (target.attest) normal.attest = attestations(target.attest);
  if (target.secret) normal.secret = secrets(target.secret);
  if (target.ssh) normal.ssh = agents(target.ssh);
  for (const key of ["cache-from", "cache-to", "output"] as const)
    if (target[key]) normal[key] = withoutDuplicates(target[key]);
  if (target.contexts) {
    const contexts = Object.entries(target.contexts).filter(([, source]) => source !== "");
    normal.contexts = contexts.length > 0 ? Object.fromEntries(contexts) : undefined;
  }
  return normal as Target;
}

function attestations(entries: readonly Entry[]): Entry[] {
  return lastByKey(entries, ({ type }) => type);
}

function secrets(entries: readonly SecretEntry[]): SecretEntry[] {
  return lastByKey(entries, ({ id }) => id);
}

function agents(entries: readonly SshEntry[]): SshEntry[] {
  return lastByKey(entries, ({ id }) => id);
}

/** Without duplicates and empty texts. */
export function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter(Boolean);
}
