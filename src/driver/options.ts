import { type Diagnostic, Severity } from "../gen/slipway/common/v1/diagnostic_pb.js";
import { type OptionDescriptor, OptionType } from "../gen/slipway/common/v1/option_pb.js";
import { nearest } from "../util/nearest.js";
import { type Finding, finding } from "./finding.js";
import {
  formatDuration,
  parseBool,
  parseBytes,
  parseDuration,
  parseInteger,
  parseMap,
  parsePath,
  parseQuantity,
  type ReadValue,
} from "./option-values.js";

/** The options of a node in normal form, and everything that is wrong with them. */
export interface CheckedOptions {
  /** Values in normal form, with defaults; wrong values are left out. */
  options: Record<string, string>;
  /** What is wrong, first in the order of the given options, then in that of the schema. */
  diagnostics: Diagnostic[];
}

/** Checks options against a driver's schema. Messages never contain values of sensitive options. */
export function checkOptions(
  schema: OptionDescriptor[],
  given: Record<string, string>,
  title = "This driver",
): CheckedOptions {
  const options: Record<string, string> = {};
  const diagnostics: Diagnostic[] = [];
  const report = (init: Finding) => diagnostics.push(finding(init));
  for (const [name, value] of Object.entries(given)) {
    const option = findOption(schema, name);
    if (!option) {
      report(unknownOption(schema, name, title));
      continue;
    }
    if (option.deprecation) {
      report({
        severity: Severity.WARNING,
        reason: "OPTION_DEPRECATED",
        field: fieldOf(name),
        message: `The driver option ${name} is deprecated.`,
        remedy: option.deprecation,
      });
    }
    // A required option without a value is reported as missing below.
    if (value === "" && option.required) continue;
    try {
      options[name] = readers[option.type](value, option);
    } catch (cause) {
      const shown = option.sensitive ? "" : ` "${value}"`;
      const why = (cause as Error).message;
      const message = `The value${shown} of the driver option ${name} cannot be used: ${why}.`;
      report({ reason: "OPTION_INVALID", field: fieldOf(name), message, remedy: correction(name, why) });
    }
  }
  for (const option of schema) {
    if (isPrefix(option) || given[option.name]) continue;
    if (option.defaultValue) options[option.name] ??= readers[option.type](option.defaultValue, option);
    else if (option.required) {
      const message = `The driver option ${option.name} is missing. ${option.description}`.trim();
      const remedy = `Set the driver option ${option.name}.`;
      report({ reason: "OPTION_REQUIRED", field: fieldOf(option.name), message, remedy });
    }
  }
  return { options, diagnostics };
}

function isPrefix(option: OptionDescriptor): boolean {
  return option.name.endsWith(".*");
}

/** An exact name wins over a prefix, and a longer prefix over a shorter one. */
function findOption(schema: OptionDescriptor[], name: string): OptionDescriptor | undefined {
  const exact = schema.find((option) => option.name === name);
  if (exact) return exact;
  return schema
    .filter((option) => isPrefix(option) && name.length >= option.name.length)
    .filter((option) => name.startsWith(option.name.slice(0, -1)))
    .sort((a, b) => b.name.length - a.name.length)[0];
}

function unknownOption(schema: OptionDescriptor[], name: string, title: string): Finding {
  const names = schema.map((option) => option.name);
  const meant = nearest(name, names);
  const known = names.length > 0 ? `Known options: ${names.join(", ")}.` : "It has no options.";
  return {
    reason: "OPTION_UNKNOWN",
    field: fieldOf(name),
    message: `${title} has no option "${name}".`,
    remedy: meant ? `Did you mean ${meant}? ${known}` : known,
  };
}

/** The remedy for a value that cannot be used. A clause "expected …" names the values that can. */
function correction(name: string, why: string): string {
  const values = /^expected (.*)$/s.exec(why)?.[1];
  return values ? `Set the driver option ${name} to ${values}.` : `Correct the driver option ${name}.`;
}

/** The path of an option in NodeConfig. */
function fieldOf(option: string): string {
  return `options[${option}]`;
}

const text: ReadValue = (value) => value;

const readers: Record<OptionType, (value: string, option: OptionDescriptor) => string> = {
  [OptionType.UNSPECIFIED]: text,
  [OptionType.STRING]: text,
  [OptionType.BOOL]: (value) => String(parseBool(value)),
  [OptionType.INT]: (value) => String(parseInteger(value)),
  [OptionType.BYTES]: (value) => String(parseBytes(value)),
  [OptionType.DURATION]: (value) => formatDuration(parseDuration(value)),
  [OptionType.QUANTITY]: parseQuantity,
  [OptionType.ENUM]: (value, { allowedValues }) => {
    if (allowedValues.includes(value)) return value;
    throw new Error(`expected one of ${allowedValues.join(", ")}`);
  },
  [OptionType.PATH]: parsePath,
  [OptionType.MAP]: (value) => [...parseMap(value)].map(([key, item]) => `${key}=${item}`).join(","),
};
