import { Code, ConnectError } from "@connectrpc/connect";
import { InputError } from "../errors/input-error.js";
import { type FieldViolation, readTypedError } from "../errors/typed-error.js";
import { BuildFailure, ExitCode } from "./command-error.js";
import { flagAtFault, hintFor } from "./flags-at-fault.js";
import { sourceExcerpt } from "./output/source-excerpt.js";

/** The text for an error, and the exit code: buildx's where buildx has one. */
export interface ErrorReport {
  text: string;
  exitCode: number;
}

/** Options of {@link reportError}. */
export interface ReportOptions {
  /** Prints the stack of the error. */
  debug?: boolean;
  /** The long names of the flags on the command line. */
  given?: ReadonlySet<string>;
}

/**
 * Formats an error as `ERROR: …`, with the source it is about above it. Below it: the flag at fault (`FLAG: …`) and what
 * to do (`HINT: …`).
 */
export function reportError(error: unknown, { debug = false, given }: ReportOptions = {}): ErrorReport {
  if (error instanceof ExitCode) return { text: "", exitCode: error.exitCode };
  if (error instanceof BuildFailure) return reportBuildFailure(error, given);
  if (error instanceof InputError) {
    const { message, reason, field, remedy } = error;
    return { text: lines({ message, reason, field, remedy, given }), exitCode: 1 };
  }
  if (error instanceof ConnectError) {
    const { message, reason, remedy, fields = [], code } = readTypedError(error);
    const field = fields.length === 1 ? fields[0]!.field : undefined;
    const text = lines({ message: withFields(message, fields, given), reason, field, remedy, given });
    return { text: debug && error.stack ? `${text}${error.stack}\n` : text, exitCode: exitCodeOf(code) };
  }
  if (!(error instanceof Error)) return { text: lines({ message: String(error) }), exitCode: 1 };
  return { text: lines({ message: debug && error.stack ? error.stack : error.message }), exitCode: 1 };
}

function reportBuildFailure({ error, wasStarted }: BuildFailure, given?: ReadonlySet<string>): ErrorReport {
  const { reason, field, remedy, sources } = error;
  const prefix = wasStarted && !error.message.startsWith("failed to solve: ") ? "failed to solve: " : "";
  const why = reason === "CANCELLED" ? "Canceled: context canceled" : error.message;
  const message = `failed to build: ${prefix}${why}`;
  return {
    text: sources.map(sourceExcerpt).join("") + lines({ message, reason, field, remedy, given }),
    exitCode: exitCodeOf(reason === "CANCELLED" ? Code.Canceled : error.code),
  };
}

/** A message with a line for each field at fault. A single field's message is the error's own. */
function withFields(message: string, fields: FieldViolation[], given?: ReadonlySet<string>): string {
  if (fields.length < 2) return message;
  const rest = fields.reduce((text, f) => text.replace(f.message, ""), message);
  // A message that only lists those of the fields is easier to read as lines.
  const head = /\w/.test(rest) ? message : `${fields.length} things are wrong:`;
  const details = fields.filter((f) => !head.includes(f.message));
  const lines = details.map((f) => `${flagAtFault(f.field, given) ?? f.field}: ${f.message}`);
  return [head, ...lines].join("\n  ");
}

function exitCodeOf(code: Code): number {
  if (code === Code.Internal) return 100;
  if (code === Code.ResourceExhausted) return 102;
  return code === Code.Canceled ? 130 : 1;
}

interface Report {
  message: string;
  reason?: string;
  field?: string;
  remedy?: string;
  given?: ReadonlySet<string>;
}

function lines({ message, reason = "", field = "", remedy, given }: Report): string {
  const flag = flagAtFault(field, given);
  const hint = hintFor(reason, remedy, given);
  const flagLine = flag && !message.includes(flag) ? `FLAG: ${flag}\n` : "";
  return `ERROR: ${message}\n${flagLine}${hint && `HINT: ${hint}\n`}`;
}
