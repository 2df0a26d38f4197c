import { InputError } from "../../errors/input-error.js";
import { BuildHold } from "../../gen/slipway/v1/build_pb.js";
import { parseCsvLine } from "../../inputs/parse-attributes.js";
import { readGoBool } from "../../util/go-values.js";

/** The flags of `debug`. */
export interface DebugFlags {
  invoke?: string;
  on: string;
}

/** What runs in a build that is held. */
export interface Invocation {
  /** Program and arguments. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly workingDirectory?: string;
  /** Whether it gets a terminal; default: if the user has one. */
  readonly terminal?: boolean;
}

/** Reads `--on`. */
export function parseHold(on: string): BuildHold {
  if (on === "error") return BuildHold.ON_ERROR;
  if (on === "always") return BuildHold.ALWAYS;
  throw invalid("--on", `--on ${JSON.stringify(on)} is unknown.`, 'Give "error" or "always".');
}

/** Reads `--invoke`: a program, or buildx's `args=…,entrypoint=…,env=…,user=…,cwd=…,tty=…`, whose values can be JSON lists. */
export function parseInvocation(text: string): Invocation {
  if (text === "" || text === "default") return { args: ["sh"], environment: {} };
  if (text === "on-error") return { args: ["/bin/sh"], environment: {} };
  const fields = fieldsOf(text);
  if (fields.length === 1 && !fields[0]!.includes("=")) return { args: fields, environment: {} };
  const lists = { entrypoint: [] as string[], args: [] as string[], env: [] as string[] };
  const texts: { user?: string; cwd?: string; tty?: string } = {};
  for (const field of fields) {
    const equals = field.indexOf("=");
    const [key, value] = [field.slice(0, equals).toLowerCase(), field.slice(equals + 1)];
    if (equals < 0) throw invalid("--invoke", `${JSON.stringify(field)} is not a key=value pair.`);
    if (key === "entrypoint" || key === "args" || key === "env") lists[key].push(...listOf(value));
    else if (key === "user" || key === "cwd" || key === "tty") texts[key] = value;
    else throw invalid("--invoke", `--invoke has the unknown key ${JSON.stringify(key)}.`);
  }
  const args = [...lists.entrypoint, ...lists.args];
  return {
    args: args.length > 0 ? args : ["sh"],
    environment: Object.fromEntries(lists.env.map(variable)),
    user: texts.user,
    workingDirectory: texts.cwd,
    terminal: texts.tty === undefined ? undefined : flagOf(texts.tty),
  };
}

function fieldsOf(text: string): string[] {
  try {
    return parseCsvLine(text, { isLazy: true });
  } catch (error) {
    throw invalid(
      "--invoke",
      `--invoke ${JSON.stringify(text)} cannot be read: ${(error as Error).message}.`,
    );
  }
}

/** A JSON list of texts, or the value alone. */
function listOf(value: string): string[] {
  try {
    const list: unknown = JSON.parse(value);
    if (Array.isArray(list)) return list.map(String);
  } catch {
    // Not JSON.
  }
  return [value];
}

function variable(text: string): [name: string, value: string] {
  const equals = text.indexOf("=");
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw invalid("--invoke", `The variable ${JSON.stringify(text)} has no value.`, "Write env=NAME=value.");
}

function flagOf(text: string): boolean {
  const value = readGoBool(text);
  if (value === undefined) throw invalid("--invoke", `tty=${text} is not a boolean.`, "Use true or false.");
  return value;
}

function invalid(
  field: string,
  message: string,
  remedy = "Give a program, or pairs of args, entrypoint, env, user, cwd and tty.",
): InputError {
  return new InputError({ reason: "INVOKE_INVALID", field, message, remedy });
}
