/** Log levels, the most verbose first. */
export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Structured fields of a log line. Never secrets. */
export type LogFields = Record<string, string | number | boolean | undefined>;

/** A logger: one line of JSON per call. */
export type Log = Record<LogLevel, (message: string, fields?: LogFields) => void>;

/** Creates a logger that writes lines of this level and above to stderr. */
export function createLog(level: LogLevel = "info"): Log {
  const from = logLevels.indexOf(level);
  const write =
    (of: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (logLevels.indexOf(of) < from) return;
      const line = JSON.stringify({ time: new Date().toISOString(), level: of, message, ...fields });
      process.stderr.write(`${line}\n`);
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
