import { Code, ConnectError } from "@connectrpc/connect";
import { InputError } from "../errors/input-error.js";
import { readTypedError } from "../errors/typed-error.js";
import { BuildFailure, ExitCode } from "./command-error.js";
import { sourceExcerpt } from "./output/source-excerpt.js";

/** What to print for an error, and the exit code, which follows buildx where buildx has one. */
export interface ErrorReport {
  text: string;
  exitCode: number;
}

/** Phrases an error as `ERROR: …`, with the source it is about above and the remedy below. */
export function reportError(error: unknown, { debug = false } = {}): ErrorReport {
  if (error instanceof ExitCode) return { text: "", exitCode: error.exitCode };
  if (error instanceof BuildFailure) return reportBuildFailure(error);
  if (error instanceof InputError) return { text: lines(error.message, error.remedy), exitCode: 1 };
  if (error instanceof ConnectError) {
    const { message, remedy, fields = [], code } = readTypedError(error);
    // With a single field its message is the error's.
    const details = fields.length > 1 ? fields.map((f) => `${f.field}: ${f.message}`) : [];
    // A message that is all of theirs in a row is said better by them, one a line.
    const isSum = details.length > 0 && message === fields.map((f) => f.message).join("; ");
    const head = isSum ? `${fields.length} things are wrong` : message;
    const text = lines([head, ...details.filter((line) => !head.includes(line))].join("\n  "), remedy);
    return { text: debug && error.stack ? `${text}${error.stack}\n` : text, exitCode: exitCodeOf(code) };
  }
  if (!(error instanceof Error)) return { text: lines(String(error)), exitCode: 1 };
  return { text: lines(debug && error.stack ? error.stack : error.message), exitCode: 1 };
}

function reportBuildFailure({ error, wasStarted }: BuildFailure): ErrorReport {
  const excerpts = error.sources.map(sourceExcerpt).join("");
  const prefix = wasStarted && !error.message.startsWith("failed to solve: ") ? "failed to solve: " : "";
  const message = error.reason === "CANCELLED" ? "Canceled: context canceled" : error.message;
  return {
    text: excerpts + lines(`failed to build: ${prefix}${message}`, error.remedy),
    exitCode: exitCodeOf(error.reason === "CANCELLED" ? Code.Canceled : error.code),
  };
}

function exitCodeOf(code: Code): number {
  if (code === Code.Internal) return 100;
  if (code === Code.ResourceExhausted) return 102;
  return code === Code.Canceled ? 130 : 1;
}

function lines(message: string, remedy = ""): string {
  return `ERROR: ${message}\n${remedy && `HINT: ${remedy}\n`}`;
}
