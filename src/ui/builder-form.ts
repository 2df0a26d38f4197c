import { ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "../gen/google/rpc/error_details_pb.js";
import type { Diagnostic } from "../gen/slipway/common/v1/diagnostic_pb.js";
import { type OptionDescriptor, OptionType } from "../gen/slipway/common/v1/option_pb.js";
import { ErrorHintsSchema } from "../gen/slipway/v1/error_pb.js";

/** What is wrong with a field, or worth knowing about it. */
export interface Finding {
  /** Path into CreateBuilderRequest; empty when it concerns all of it. */
  field: string;
  message: string;
  remedy: string;
  isError: boolean;
}

/** The path of an option in CreateBuilderRequest. */
export function optionField(name: string): string {
  return `node.options[${name}]`;
}

/** Whether an option is a prefix ("env.*"): its values are lines of name=value. */
export function isPrefix({ name }: OptionDescriptor): boolean {
  return name.endsWith(".*");
}

/** Whether a finding is about an option; of a prefix, about one of its values. */
export function isAbout({ field }: Finding, option: OptionDescriptor): boolean {
  return isPrefix(option)
    ? field.startsWith(optionField(option.name).slice(0, -2))
    : field === optionField(option.name);
}

/** The values that a choice has; undefined when any text may be typed. */
export function choicesOf({ type, allowedValues }: OptionDescriptor): readonly string[] | undefined {
  if (type === OptionType.BOOL) return ["true", "false"];
  return type === OptionType.ENUM ? allowedValues : undefined;
}

/** The options as the API takes them; empty fields are none. */
export function optionsOf(
  schema: readonly OptionDescriptor[],
  typed: ReadonlyMap<string, string>,
): Record<string, string> {
  const entries = schema.flatMap((option): [string, string][] => {
    const text = typed.get(option.name) ?? "";
    if (text === "") return [];
    if (!isPrefix(option)) return [[option.name, text]];
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return lines.map((line) => {
      const [name = "", ...value] = line.split("=");
      return [option.name.slice(0, -1) + name.trim(), value.join("=")];
    });
  });
  return Object.fromEntries(entries);
}

/** What an error of CreateBuilder says about fields; undefined when it is about none. */
export function findingsOf(cause: unknown): Finding[] | undefined {
  const error = ConnectError.from(cause);
  const violations = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
  if (violations.length === 0) return undefined;
  const hints = error.findDetails(ErrorHintsSchema);
  const remedies = hints.flatMap(({ remedies }) => remedies);
  const errors = violations.map(({ field, reason, description }) => ({
    field,
    message: description,
    remedy: remedies.find((remedy) => remedy.field === field && remedy.reason === reason)?.remedy ?? "",
    isError: true,
  }));
  return [...errors, ...warningsOf(hints.flatMap(({ warnings }) => warnings))];
}

/** The warnings of a driver. */
export function warningsOf(diagnostics: readonly Diagnostic[]): Finding[] {
  return diagnostics.map(({ field, message, remedy }) => ({ field, message, remedy, isError: false }));
}
