import type { Diagnostic } from "../../gen/slipway/driver/v1/diagnostic_pb.js";

/** Prints what the host found worth a warning, on stderr. */
export function printWarnings(diagnostics: readonly Diagnostic[]): void {
  for (const { message, remedy } of diagnostics)
    process.stderr.write(`WARNING: ${message}${remedy && `; ${remedy}`}\n`);
}
