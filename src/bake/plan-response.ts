import { create } from "@bufbuild/protobuf";
import { DiagnosticSchema, Severity } from "../gen/slipway/common/v1/diagnostic_pb.js";
import { type PlanBakeResponse, PlanBakeResponseSchema } from "../gen/slipway/v1/bake_pb.js";
import { escapeAsGo } from "../util/go-json.js";
import type { Plan } from "./plan-bake.js";
import { printable } from "./print.js";
import { targetSpec } from "./target-spec.js";

/** The answer about a plan. Throws a BakeError for a target that is no valid specification. */
export function planResponse({ definition, variables, warnings, resolved }: Plan): PlanBakeResponse {
  const byName = <T extends { name: string }>(all: T[]) => all.sort((a, b) => (a.name < b.name ? -1 : 1));
  const groups = resolved ? [...resolved.groups.values()] : definition.groups;
  const targets = resolved
    ? [...resolved.targets].map(([name, target]) => targetSpec(name, target))
    : [...definition.targets].map(([name, { description }]) => ({ name, description }));
  return create(PlanBakeResponseSchema, {
    targets: byName(targets as { name: string }[]),
    groups: byName(
      groups.map(({ name, description, targets: members }) => ({ name, description, targets: [...members] })),
    ),
    variables: [...variables],
    warnings: warnings.map((warning) =>
      create(DiagnosticSchema, { severity: Severity.WARNING, field: "files", ...warning }),
    ),
    definition: resolved ? `${escapeAsGo(JSON.stringify(printable(resolved), null, 2))}\n` : "",
  });
}
