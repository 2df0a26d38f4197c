import { InputError } from "../../errors/input-error.js";
import { encodeError, type FieldViolation, readTypedError } from "../../errors/typed-error.js";
import { formatCsvLine, parseCsvLine } from "../../inputs/parse-attributes.js";

/** Parses `--driver-opt`: `key=value` pairs, separated by commas; a pair with a comma is quoted. */
export function parseDriverOptions(values: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    values.flatMap((text) => csvFields(text).map((field) => pairOf(field, text, "k=v"))),
  );
}

/** The same for changes: `key-` removes an option, whose value is undefined. */
export function parseOptionChanges(values: readonly string[] = []): Record<string, string | undefined> {
  const changes = values.flatMap((text) =>
    csvFields(text).map((field) =>
      /^[^=]+-$/.test(field) ? ([field.slice(0, -1), undefined] as const) : pairOf(field, text, "k=v or k-"),
    ),
  );
  return Object.fromEntries(changes);
}

/**
 * The same error, with the quoted form of a flag as remedy where an unknown option came after a comma: the comma may be
 * part of a value, as in `nodeselector=a=b,c=d`.
 */
export function explainCommas(cause: unknown, values: readonly string[] = []): unknown {
  const error = readTypedError(cause);
  const remedyOf = ({ field, reason = error.reason, remedy }: FieldViolation) => {
    const name = reason === "OPTION_UNKNOWN" && /^(?:node\.)?options\[(.*)\]$/s.exec(field)?.[1];
    const text =
      name && values.find((value) => afterComma(value).some((pair) => pair.startsWith(`${name}=`)));
    if (!text) return remedy;
    const quoted = formatCsvLine([parseCsvLine(text).join(",")]);
    return `If the comma is part of a value, quote the pair: --driver-opt '${quoted}'. ${remedy ?? ""}`.trim();
  };
  if (!error.fields?.length) return cause;
  const fields = error.fields.map((violation) => ({ ...violation, remedy: remedyOf(violation) }));
  const remedy = (fields.length === 1 && fields[0]!.remedy) || error.remedy;
  return encodeError({ ...error, remedy, fields });
}

/** The pairs of a flag without its first one. */
function afterComma(text: string): string[] {
  return csvFields(text).slice(1);
}

function pairOf(field: string, text: string, form: string): readonly [string, string] {
  const equals = field.indexOf("=");
  if (equals < 0) throw invalidOption(text, `invalid value ${JSON.stringify(field)}, expecting ${form}`);
  return [field.slice(0, equals), field.slice(equals + 1)];
}

function csvFields(text: string): string[] {
  try {
    return parseCsvLine(text);
  } catch (cause) {
    throw invalidOption(text, (cause as Error).message);
  }
}

function invalidOption(text: string, why: string): InputError {
  return new InputError({
    reason: "DRIVER_OPT_INVALID",
    field: "--driver-opt",
    message: `--driver-opt ${JSON.stringify(text)} cannot be read: ${why}`,
    remedy: "Write key=value pairs, separated by commas. Quote a pair with a comma: '\"key=a,b\"'.",
  });
}
