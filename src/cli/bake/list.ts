import { InputError } from "../../errors/input-error.js";
import type { PlanBakeResponse } from "../../gen/slipway/v1/bake_pb.js";
import { parseCsvLine } from "../../inputs/parse-attributes.js";
import { flagsConflict } from "../flags-conflict.js";
import { goJson } from "../output/go-json.js";
import { print } from "../output/print.js";
import { alignColumns } from "../output/table.js";
import type { BakeFlags } from "./bake-flags.js";

/** What to list. */
export interface List {
  type: "targets" | "variables";
  json: boolean;
}

/** Parses `--list targets`, or `--list type=targets,format=json`; undefined without it. */
export function listOf({ list, listTargets, listVariables, print: prints }: BakeFlags): List | undefined {
  const text = list ?? (listTargets ? "targets" : listVariables ? "variables" : undefined);
  if (text === undefined) return undefined;
  if (prints) throw flagsConflict("--list", "--print and --list are mutually exclusive");
  const fields = parseCsvLine(text);
  const isName = fields.length === 1 && !text.startsWith("type=");
  const given = new Map(
    isName
      ? [["type", text]]
      : fields.map((field): [string, string] => {
          const equals = field.indexOf("=");
          if (equals < 0) throw invalid(`invalid value ${field}`);
          return [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1)];
        }),
  );
  const { type, format = "table", ...rest } = Object.fromEntries(given) as Record<string, string | undefined>;
  const [unknown] = Object.keys(rest);
  if (unknown) throw invalid(`unexpected key '${unknown}' in '${text}'`);
  if (type !== "targets" && type !== "variables")
    throw invalid(`invalid list type ${JSON.stringify(type ?? "")}`);
  if (format !== "table" && format !== "json") throw invalid(`invalid list format ${JSON.stringify(format)}`);
  return { type, json: format === "json" };
}

/** Prints targets and groups, or variables. */
export function printList({ type, json }: List, plan: PlanBakeResponse): void {
  if (type === "variables") printVariables(plan, json);
  else printTargets(plan, json);
}

function printVariables({ variables }: PlanBakeResponse, json: boolean): void {
  if (json) {
    const entries = variables.map(({ name, description, type, value }) => ({
      name,
      ...(description ? { description } : {}),
      ...(type ? { type } : {}),
      ...(value === undefined ? {} : { value }),
    }));
    printJson(entries);
    return;
  }
  const rows = variables.map(({ name, type, value = "<null>", description }) => [
    name,
    type,
    value,
    description,
  ]);
  print(alignColumns([["VARIABLE", "TYPE", "VALUE", "DESCRIPTION"], ...rows]));
}

function printTargets({ targets, groups }: PlanBakeResponse, json: boolean): void {
  const entries = [
    ...targets.map(({ name, description }) => ({ name, description, group: false })),
    ...groups.map(({ name, description, targets: members }) => {
      const names = [...members].sort().join(", ");
      const text = description && names ? `${description} (${names})` : description || names;
      return { name, description: text, group: true };
    }),
  ]
    // A name with this start is private by convention.
    .filter(({ name }) => !name.startsWith("_"))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (json) {
    printJson(
      entries.map(({ name, description, group }) => ({
        name,
        ...(description ? { description } : {}),
        ...(group ? { group } : {}),
      })),
    );
    return;
  }
  print(
    alignColumns([["TARGET", "DESCRIPTION"], ...entries.map(({ name, description }) => [name, description])]),
  );
}

function printJson(value: unknown): void {
  print(`${goJson(value, "  ")}\n`);
}

function invalid(message: string): InputError {
  const remedy = "Write targets or variables, or type=targets,format=json.";
  return new InputError({ reason: "LIST_INVALID", field: "--list", message, remedy });
}
