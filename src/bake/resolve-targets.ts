import { BakeError, CycleError } from "./bake-error.js";
import { type Definition, sanitizeName } from "./definition.js";
import { applyOverrides, matchesPattern, type Overrides, parseOverrides } from "./overrides.js";
import { type Group, mergeTargets, normalizeTarget, type Target } from "./target.js";

/** A target with all that it inherits. */
export interface ResolvedTarget extends Target {
  readonly context: string;
  readonly dockerfile: string;
  /** Folder of the context within the archive that its URL names; none for the whole archive. */
  readonly archiveFolder?: string;
  /** Built only since another target uses its result. */
  readonly isLinked: boolean;
}

/** The targets to build. */
export interface Resolved {
  readonly targets: ReadonlyMap<string, ResolvedTarget>;
  /** The groups that name them; "default" has all that were asked for. */
  readonly groups: ReadonlyMap<string, Group>;
}

/** Resolves the wanted targets and groups, and the targets whose results they use. */
export function resolveTargets(
  definition: Definition,
  wanted: readonly string[],
  overrides: readonly string[],
  lookUp: (name: string) => string | undefined,
): Resolved {
  const names = [...new Set(wanted.flatMap((name) => matchNames(definition, sanitizeName(name))))];
  const resolver = new Resolver(
    definition,
    parseOverrides(overrides, [...definition.targets.keys()], lookUp),
  );
  const groups = new Map<string, Group>();
  for (const name of names) {
    const { targets, groups: found } = membersOf(definition, name);
    for (const target of targets) resolver.add(target, { isLinked: false });
    for (const group of found) groups.set(group, findGroup(definition, group)!);
  }
  const asked = names.filter((name) => !(name === "default" && groups.has("default")));
  const former = groups.get("default");
  if (asked.length > 0 || former) {
    const all = [...new Set([...(former?.targets ?? []), ...asked])].sort();
    groups.set("default", { ...former, name: "default", targets: all });
  }
  for (const name of [...resolver.targets.keys()]) resolver.link(name, []);
  return { targets: resolver.targets, groups };
}

/** Targets and groups by a name or a pattern. */
function matchNames({ targets, groups }: Definition, pattern: string): string[] {
  if (!/[*?[\]]/.test(pattern)) return [pattern];
  const names = [...groups.map(({ name }) => name), ...targets.keys()];
  const found = names.filter((name) => matchesPattern(name, pattern));
  if (found.length === 0)
    throw new BakeError(`could not find any target matching ${JSON.stringify(pattern)}`);
  return found;
}

function findGroup({ groups }: Definition, name: string): Group | undefined {
  return groups.find((group) => group.name === name);
}

/** The targets of a group and of the groups in it; a target is its own only member. */
function membersOf(
  definition: Definition,
  name: string,
  visited = new Map<string, { targets: string[]; groups: string[] }>(),
): { targets: string[]; groups: string[] } {
  const known = visited.get(name);
  if (known) return known;
  const group = findGroup(definition, name);
  if (!group) return { targets: [name], groups: [] };
  visited.set(name, { targets: [], groups: [] });
  const members = group.targets.map((target) => ({ target, ...membersOf(definition, target, visited) }));
  const found = {
    targets: [
      ...new Set(members.flatMap(({ target, targets }) => (targets.length > 0 ? targets : [target]))),
    ],
    groups: [...new Set([name, ...members.flatMap(({ groups }) => groups)])],
  };
  visited.set(name, found);
  return found;
}

class Resolver {
  readonly targets = new Map<string, ResolvedTarget>();

  readonly #definition: Definition;
  readonly #overrides: Overrides;

  constructor(definition: Definition, overrides: Overrides) {
    this.#definition = definition;
    this.#overrides = overrides;
  }

  add(name: string, { isLinked }: { isLinked: boolean }): void {
    const { inherits, ...target } = this.#inherited(name, new Map(), []);
    this.targets.set(name, {
      ...target,
      context: target.context ?? ".",
      dockerfile: target.dockerfile || "Dockerfile",
      ...(isLinked ? { output: [{ type: "cacheonly", attributes: {}, destination: "" }] } : {}),
      isLinked,
    });
  }

  /** The target with its parents. @param heirs the targets that inherit from it */
  #inherited(name: string, visited: Map<string, Target>, heirs: readonly string[]): Target {
    const known = visited.get(name);
    if (known) return known;
    const path = [...heirs, name];
    if (heirs.includes(name)) {
      const place = { type: "target", label: name, attribute: "inherits" };
      const cycle = path.slice(path.indexOf(name)).join(" -> ");
      throw new CycleError(`a target cannot inherit from itself: ${cycle}`, place);
    }
    const own = this.#definition.targets.get(name);
    if (!own) throw this.#notFound(name);
    const parents = (own.inherits ?? []).map((parent) => this.#inherited(parent, visited, path));
    const merged = [...parents, own].reduce<Target>(mergeTargets, {});
    const target = normalizeTarget(applyOverrides(merged, this.#overrides.get(name)));
    visited.set(name, target);
    return target;
  }

  #notFound(name: string): BakeError {
    const message = `failed to find target ${name}`;
    // A group that contains itself means a target of its name.
    if (!findGroup(this.#definition, name)) return new BakeError(message);
    const place = { type: "group", label: name, attribute: "targets" };
    return new CycleError(`${message}, and the group ${name} contains itself`, place);
  }

  /** Adds the targets whose results a target uses. Their entitlements become its own. */
  link(name: string, visited: readonly string[]): void {
    const path = [...visited, name];
    const cycle = (message: string) =>
      new CycleError(message, { type: "target", label: name, attribute: "contexts" });
    for (const source of Object.values(this.targets.get(name)!.contexts ?? {})) {
      if (!source.startsWith("target:")) continue;
      const base = source.slice("target:".length);
      if (base === name) throw cycle(`target ${base} cannot link to itself`);
      if (path.includes(base)) throw cycle(`infinite loop from ${name} to ${base}`);
      if (!this.targets.has(base)) this.add(base, { isLinked: true });
      this.link(base, path);
      this.#inheritEntitlements(name, base);
    }
  }

  #inheritEntitlements(name: string, base: string): void {
    const target = this.targets.get(name)!;
    const used = this.targets.get(base)!;
    const entitlements = [...new Set([...(target.entitlements ?? []), ...(used.entitlements ?? [])])];
    this.targets.set(name, { ...target, entitlements });
    const [own = [], others = []] = [target.platforms, used.platforms];
    if (own.length > 1 && others.length > 1 && !own.every((platform) => others.includes(platform))) {
      throw new BakeError(
        `target ${base} can't be used by ${name} because its platforms [${own.join(" ")}] are not a subset of [${others.join(" ")}]`,
      );
    }
  }
}
