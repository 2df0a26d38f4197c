/** How much is logged. */
export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Facts that belong to a line. Never secrets. */
export type LogFields = Record<string, string | number | boolean | undefined>;

/** Writes one line of JSON per event. */
export type Log = Record<LogLevel, (message: string, fields?: LogFields) => void>;

/** Logs to stderr from a level on. */
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
