import { BakeError } from "./bake-error.js";
import { isComposeFile, type ReadCompose, readCompose } from "./compose/read-compose.js";
import { type Definition, mergeDefinitions, type Variable, type Warning } from "./definition.js";
import { type BakeFile, parseFile } from "./hcl/parse-file.js";
import type { ParsedFile } from "./positions.js";
import { readDefinition } from "./read-definition.js";
import { withRemoteContexts } from "./remote-contexts.js";
import { type Resolved, resolveTargets } from "./resolve-targets.js";

/** What to plan. */
export interface PlanInput {
  /** The files, the first ones first: later ones add to them. */
  readonly files: readonly BakeFile[];
  /** Targets, groups and patterns; empty for "default". */
  readonly targets: readonly string[];
  /** "target.key=value". */
  readonly overrides: readonly string[];
  /** Values of variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** The caller's environment; variables win. */
  readonly environment: Readonly<Record<string, string>>;
  /** Values of variables in Compose files; variables and environment win. */
  readonly dotEnv: Readonly<Record<string, string>>;
  /** Values that nothing overrides: BAKE_CMD_CONTEXT, BAKE_LOCAL_PLATFORM. */
  readonly builtIn: Readonly<Record<string, string>>;
  /** The repository or archive that folders of contexts are in; empty for the client's machine. */
  readonly contextUrl: string;
  /** List the targets and variables, and resolve none. */
  readonly listOnly: boolean;
}

/** What files define, and the targets to build. */
export interface Plan {
  readonly definition: Definition;
  readonly variables: readonly Variable[];
  readonly warnings: readonly Warning[];
  /** Undefined for a list. */
  readonly resolved: Resolved | undefined;
}

const noServices: ReadCompose = { definition: { targets: new Map(), groups: [] }, warnings: [] };

/** Reads definition files and resolves targets. Throws a {@link BakeError}. */
export async function planBake(input: PlanInput): Promise<Plan> {
  const { files, targets, overrides, variables, environment, dotEnv, builtIn, contextUrl, listOnly } = input;
  if (files.length === 0) throw new BakeError("couldn't find a bake definition");
  const lookUp = (name: string) => ownValue(variables, name) ?? ownValue(environment, name);
  const compose = files.filter(isComposeFile);
  const parsed: ParsedFile[] = [];
  for (const file of files)
    if (!compose.includes(file)) parsed.push({ ...file, body: await parseFile(file) });
  const read = await readDefinition(parsed, {
    builtIn: new Map(Object.entries(builtIn)),
    lookUp,
    homeDir: environment.HOME ?? "",
  });
  const services =
    compose.length > 0 ? readCompose(compose, (name) => lookUp(name) ?? ownValue(dotEnv, name)) : noServices;
  const definition = mergeDefinitions(services.definition, read.definition);
  const resolve = (): Resolved => {
    const wanted = targets.length > 0 ? targets : ["default"];
    try {
      const resolved = resolveTargets(definition, wanted, overrides, lookUp);
      return contextUrl ? withRemoteContexts(resolved, contextUrl) : resolved;
    } catch (cause) {
      throw read.positions.located(cause, { type: "", label: "" });
    }
  };
  return {
    definition,
    variables: read.variables,
    warnings: [...services.warnings, ...read.warnings],
    resolved: listOnly ? undefined : resolve(),
  };
}

function ownValue(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
