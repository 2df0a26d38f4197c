import type { Log, LogFields } from "./log.js";

/** A log line. */
export interface LogLine extends LogFields {
  level: string;
  message: string;
}

/** A log that records its lines. */
export function keptLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, ...fields });
    };
  return { lines, log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } };
}
