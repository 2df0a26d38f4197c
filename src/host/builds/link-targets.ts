import { Code } from "@connectrpc/connect";
import { invalidField, typedError } from "../../errors/typed-error.js";
import type { BuildSpec } from "../../gen/slipway/build/v1/build_spec_pb.js";
import { LinkedResult, type TargetLinks } from "./linked-targets.js";

/** A target of a bake. */
export interface NamedSpec {
  readonly name: string;
  readonly spec: BuildSpec;
}

/**
 * Links the targets of a bake whose contexts are results of others. Throws INVALID_ARGUMENT for a target that is not
 * there, and for a cycle.
 * @returns the links of each target, undefined for one without any
 */
export function linkTargets(targets: readonly NamedSpec[]): (TargetLinks | undefined)[] {
  const names = targets.map(({ name }) => name);
  const users = new Map<string, number>();
  targets.forEach(({ spec }, index) => {
    for (const [context, used] of targetContexts(spec)) {
      const field = `targets[${index}].spec.named_contexts[${context}].target`;
      if (!names.includes(used)) {
        const message = `There is no target ${JSON.stringify(used)} in the request.`;
        throw invalidField(field, "BAKE_TARGET_UNKNOWN", message, "Send the target along, or use its image.");
      }
      users.set(used, (users.get(used) ?? 0) + 1);
    }
    refuseCycle(targets, index);
  });
  const results = new Map([...users].map(([name, count]) => [name, new LinkedResult(count)]));
  return targets.map(({ name, spec }) => {
    const uses = new Map(targetContexts(spec).map(([context, used]) => [context, results.get(used)!]));
    const provides = results.get(name);
    if (uses.size === 0 && !provides) return undefined;
    return { uses, provides, affinityKey: names.join("\0") };
  });
}

/** Throws unless the links of a build have what its specification names. */
export function requireLinks(spec: BuildSpec, links: TargetLinks | undefined): void {
  for (const [context] of targetContexts(spec)) {
    if (links?.uses.has(context)) continue;
    const message = "Only StartBake knows other targets.";
    throw invalidField(`spec.named_contexts[${context}].target`, "CONTEXT_KIND_INVALID", message);
  }
}

/** The field that links a specification; that of the outputs when only others use its result. */
export function linkField(spec: BuildSpec): string {
  const [first] = targetContexts(spec);
  return first ? `spec.named_contexts[${first[0]}].target` : "spec";
}

/** FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED: several nodes cannot share the result of a target. */
export function linkedOnSeveralNodes(spec: BuildSpec): unknown {
  return linkUnsupported(linkField(spec), "The platforms are built on several nodes.");
}

/** FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED. */
export function linkUnsupported(field: string, why: string): unknown {
  const message = `A target cannot use the result of another one: ${why.charAt(0).toLowerCase()}${why.slice(1)}`;
  return typedError({
    code: Code.FailedPrecondition,
    reason: "FEATURE_UNSUPPORTED",
    message,
    remedy: "Use a builder with one BuildKit node, or push the other target and use its image.",
    fields: [{ field, message, reason: "FEATURE_UNSUPPORTED" }],
  });
}

/** The contexts that are results of other targets, with the names of these. */
function targetContexts({ namedContexts }: BuildSpec): [context: string, target: string][] {
  return Object.entries(namedContexts).flatMap(([context, { source }]): [string, string][] =>
    source.case === "target" ? [[context, source.value]] : [],
  );
}

function refuseCycle(targets: readonly NamedSpec[], start: number): void {
  const visit = (name: string, path: readonly string[]) => {
    const target = targets.find((each) => each.name === name);
    for (const [, used] of target ? targetContexts(target.spec) : []) {
      if (path.includes(used)) {
        const field = `targets[${start}].spec.named_contexts`;
        const message = `The targets use each other: ${[...path, used].join(" > ")}.`;
        throw invalidField(field, "BAKE_CYCLE", message, "Remove one of the contexts.");
      }
      visit(used, [...path, used]);
    }
  };
  const { name } = targets[start]!;
  visit(name, [name]);
}
