import { DiagLogLevel, diag } from "@opentelemetry/api";
import type { Log } from "./log.js";

/** Logs what OpenTelemetry's exporters report. The log gets a warning for each failed export. */
export function logExportWarnings(log: Log): void {
  const warn = (message: string) =>
    log.warn("Metrics or traces could not be sent", { error: message.slice(0, 1000) });
  const ignore = () => {};
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
