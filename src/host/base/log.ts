/** Log levels, the most verbose first. */
const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Structured fields of a log line. Never secrets. */
export type LogFields = Record<string, string | number | boolean | undefined>;

/** A logger: one line of JSON per call, with the fields `time`, `level` and `message`, which no other field replaces. */
export type Log = Record<LogLevel, (message: string, fields?: LogFields) => void>;

/** Creates a logger that writes lines of this level and above; by default to stderr. */
export function createLog(
  level: LogLevel = "info",
  writeLine: (line: string) => void = (line) => void process.stderr.write(line),
): Log {
  const from = logLevels.indexOf(level);
  const write =
    (of: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (logLevels.indexOf(of) < from) return;
      const own = { time: new Date().toISOString(), level: of, message };
      writeLine(`${escapeControls(JSON.stringify({ ...own, ...fields, ...own }))}\n`);
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** Escapes what JSON allows in strings, but terminals and readers of lines act on. */
function escapeControls(json: string): string {
  return json.replace(
    /[\x7f-\x9f\u2028\u2029]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
