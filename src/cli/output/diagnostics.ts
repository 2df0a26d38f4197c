import type { Diagnostic } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import { hintFor } from "../flags-at-fault.js";

/** A diagnostic as text: what was found, and what to do about it. */
export function diagnosticText({ message, reason, remedy }: Diagnostic): string {
  return joinSentences(message, hintFor(reason, remedy));
}

/** The lines that warn of diagnostics. */
export function warningLines(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((diagnostic) => `WARNING: ${diagnosticText(diagnostic)}\n`).join("");
}

/** Prints the warnings of a host on stderr. */
export function printWarnings(diagnostics: readonly Diagnostic[]): void {
  process.stderr.write(warningLines(diagnostics));
}

/** Texts one after the other, each but the last one with its final period. */
export function joinSentences(...texts: string[]): string {
  const sentences = texts.filter(Boolean);
  return sentences
    .map((text, at) => (at + 1 < sentences.length && !/[.!?:]$/.test(text) ? `${text}.` : text))
    .join(" ");
}
