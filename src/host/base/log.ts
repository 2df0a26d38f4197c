import { stderr } from "../../util/standard-streams.js";
import { currentCall } from "./call-scope.js";

/** Log levels, the most verbose first. */
const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Structured fields of a log line. Never secrets. */
export type LogFields = Record<string, string | number | boolean | undefined>;

/**
 * A logger: one line for each use, with the fields `time`, `level` and `message`, which no other field replaces, and `call`,
 * the id of the call that the code runs for.
 */
export type Log = Record<LogLevel, (message: string, fields?: LogFields) => void>;

/** How lines are written. */
export type LogFormat = "json" | "text";

/** What a logger writes. Changes apply to the next line. */
export interface LogSettings {
  /** Lines of this level and above. */
  level: LogLevel;
  /** As JSON, or for people. */
  format: LogFormat;
}

/** Creates a logger; by default of level info, in JSON, to stderr. */
export function createLog(
  given: LogLevel | LogSettings = "info",
  writeLine: (line: string) => void = writeToStderr,
): Log {
  const settings: LogSettings = typeof given === "string" ? { level: given, format: "json" } : given;
  const write =
    (level: LogLevel) =>
    (message: string, given: LogFields = {}) => {
      if (logLevels.indexOf(level) < logLevels.indexOf(settings.level)) return;
      const call = currentCall();
      const fields = call === undefined ? given : { ...given, call };
      const own = { time: new Date().toISOString(), level, message };
      const line =
        settings.format === "json" ? JSON.stringify({ ...own, ...fields, ...own }) : text(own, fields);
      writeLine(`${escapeControls(line)}\n`);
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

let isWatched = false;

/** A reader of the log that goes away must not end the host. */
function writeToStderr(line: string): void {
  const stream = stderr();
  if (!isWatched) stream.on("error", () => {});
  isWatched = true;
  stream.write(line);
}

/** A line for people: time, level, message, and the fields as name=value. */
function text(
  { time, level, message }: Record<"time" | "level" | "message", string>,
  fields: LogFields,
): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "");
  const pairs = given.map(([name, value]) => ` ${quoted(name)}=${quoted(String(value))}`);
  return `${time} ${level.toUpperCase().padEnd(5)} ${message}${pairs.join("")}`;
}

function quoted(value: string): string {
  return /^[^\s"=\\\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value);
}

/** Escapes what terminals and readers of lines act on, also where JSON allows it in strings. */
function escapeControls(line: string): string {
  return line.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
    /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
