import { Code, ConnectError } from "@connectrpc/connect";
import { InputError } from "../errors/input-error.js";
import { readTypedError, type TypedError } from "../errors/typed-error.js";
import { BuildFailure } from "./command-error.js";
import { flagAtFault, hintFor } from "./flags-at-fault.js";
import { joinSentences, warningLines } from "./output/diagnostics.js";
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
 * to do (`HINT: …`), and for faults of the host the id of the call, which its log has (`CALL: …`).
 */
export function reportError(error: unknown, { debug = false, given }: ReportOptions = {}): ErrorReport {
  if (error instanceof BuildFailure) return reportBuildFailure(error, given);
  if (error instanceof InputError) {
    const { message, reason, field, remedy } = error;
    return { text: lines({ message, reason, field, remedy, given }), exitCode: 1 };
  }
  if (error instanceof ConnectError) {
    const typed = readTypedError(error);
    const { fields = [], warnings = [], code } = typed;
    // With several fields, each one has its remedy beside it.
    const hasOwnRemedies = fields.length > 1 && fields.some((each) => each.remedy);
    const { reason, remedy } = hasOwnRemedies ? { reason: undefined, remedy: undefined } : typed;
    const field = fields.length === 1 ? fields[0]!.field : undefined;
    const call = isHostFault(code) ? typed.callId : undefined;
    const report = lines({ message: withFields(typed, given), reason, field, remedy, given, call });
    const text = warningLines(warnings) + report;
    return { text: debug && error.stack ? `${text}${error.stack}\n` : text, exitCode: exitCodeOf(code) };
  }
  if (!(error instanceof Error)) return { text: lines({ message: String(error) }), exitCode: 1 };
  return { text: lines({ message: debug && error.stack ? error.stack : error.message }), exitCode: 1 };
}

function reportBuildFailure({ error, wasStarted }: BuildFailure, given?: ReadonlySet<string>): ErrorReport {
  const { reason, field, remedy, sources } = error;
  const prefix = wasStarted && !error.message.startsWith("failed to solve: ") ? "failed to solve: " : "";
  const why = reason === "CANCELED" ? "Canceled: context canceled" : error.message;
  const message = `failed to build: ${prefix}${why}`;
  return {
    text: sources.map(sourceExcerpt).join("") + lines({ message, reason, field, remedy, given }),
    exitCode: exitCodeOf(reason === "CANCELED" ? Code.Canceled : error.code),
  };
}

/** A message with a line for each field at fault, with its remedy. A single field's message is the error's own. */
function withFields(
  { message, fields = [], metadata = {} }: TypedError,
  given?: ReadonlySet<string>,
): string {
  if (fields.length < 2) return message;
  const omitted = Number(metadata.omitted_fields ?? 0);
  const rest = fields.reduce((text, f) => text.replace(f.message, ""), message);
  // A message that only lists those of the fields is easier to read as lines.
  const isList = omitted > 0 || !/\w/.test(rest);
  const head = isList ? `${fields.length + omitted} things are wrong:` : message;
  const details = fields.filter((f) => f.remedy || !head.includes(f.message));
  const lines = details.map(({ field, message, reason, remedy }) => {
    const text = joinSentences(message, remedy ? hintFor(reason ?? "", remedy, given) : "");
    return `${flagAtFault(field, given) ?? field}: ${text}`;
  });
  return [head, ...lines, ...(omitted > 0 ? [`… and ${omitted} more.`] : [])].join("\n  ");
}

/** Whether the host's log says more about an error with this code. */
function isHostFault(code: Code): boolean {
  return code === Code.Internal || code === Code.Unknown || code === Code.Unavailable;
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
  /** Id of the call. */
  call?: string;
}

function lines({ message, reason = "", field = "", remedy, given, call }: Report): string {
  const flag = flagAtFault(field, given);
  const hint = hintFor(reason, remedy, given);
  const flagLine = flag && !message.includes(flag) ? `FLAG: ${flag}\n` : "";
  return `ERROR: ${message}\n${flagLine}${hint && `HINT: ${hint}\n`}${call ? `CALL: ${call}\n` : ""}`;
}
