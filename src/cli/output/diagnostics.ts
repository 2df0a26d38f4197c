import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { hintFor } from "../flags-at-fault.js";
import { printError } from "./print.js";

/** A diagnostic as text: its message and its remedy. */
export function diagnosticText({ message, reason, remedy }: Diagnostic): string {
  return joinSentences(message, hintFor(reason, remedy));
}

/** Diagnostics as lines of warnings. */
export function warningLines(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((diagnostic) => `WARNING: ${diagnosticText(diagnostic)}\n`).join("");
}

/** Prints the warnings of a host on stderr. */
export function printWarnings(diagnostics: readonly Diagnostic[]): void {
  printError(warningLines(diagnostics));
}

/** Joins texts into a paragraph. Adds a missing final period to each text but the last. */
export function joinSentences(...texts: string[]): string {
  const sentences = texts.filter(Boolean);
  return sentences
    .map((text, at) => (at + 1 < sentences.length && !/[.!?:]$/.test(text) ? `${text}.` : text))
    .join(" ");
}
