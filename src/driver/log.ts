import { format } from "node:util";

/** Level of a log line, as hclog names them. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

/** Writes log lines for the host; fields must not contain secrets. */
export type Log = Record<LogLevel, (message: string, fields?: Record<string, unknown>) => void>;

let moduleName = "plugin";

/** Sets the module name of the process's log lines. */
export function setLogModule(name: string): void {
  moduleName = name;
}

/** The plugin's log: hclog JSON on stderr, one object per line. */
export const log: Log = {
  trace: (message, fields) => write("trace", message, fields),
  debug: (message, fields) => write("debug", message, fields),
  info: (message, fields) => write("info", message, fields),
  warn: (message, fields) => write("warn", message, fields),
  error: (message, fields) => write("error", message, fields),
};

let formatLine = hclogLine;

function write(level: LogLevel, message: string, fields: Record<string, unknown> = {}): void {
  process.stderr.write(`${formatLine(level, message, fields)}\n`);
}

/** For people: "[INFO] message name=value". */
function plainLine(level: LogLevel, message: string, fields: Record<string, unknown>): string {
  const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${asText(value)}`);
  return `[${level.toUpperCase()}] ${message}${facts.join("")}`;
}

/** One line of hclog JSON. All values are strings: go-plugin's host panics on some that are not. */
function hclogLine(level: LogLevel, message: string, fields: Record<string, unknown>): string {
  const line: Record<string, string> = {};
  for (const [key, value] of Object.entries(fields)) line[key] = asText(value);
  line["@level"] = level;
  line["@message"] = message;
  line["@module"] = moduleName;
  // hclog requires exactly six fractional digits.
  line["@timestamp"] = new Date().toISOString().replace("Z", "000Z");
  return JSON.stringify(line);
}

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.stack ?? value.message;
  return format(value);
}

/** Makes the log readable for a person at a terminal, and returns a function that writes to stdout. */
export function plainOutput(): (text: string) => Promise<void> {
  formatLine = plainLine;
  return writer(process.stdout.write.bind(process.stdout));
}

/**
 * Redirects `console` and `process.stdout` to the log, since the first line on stdout is the handshake line and the host
 * drops the others. Returns a function that writes to the real stdout.
 */
export function redirectOutput(): (text: string) => Promise<void> {
  const stdout = process.stdout.write.bind(process.stdout);
  for (const [method, level] of consoleLevels) {
    console[method] = (...values: unknown[]) => log[level](format(...values));
  }
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    for (const line of text.split("\n")) if (line.trim() !== "") log.info(line);
    const done = rest.find((value) => typeof value === "function");
    if (done) process.nextTick(done as () => void);
    return true;
  }) as typeof process.stdout.write;
  return writer(stdout);
}

function writer(write: typeof process.stdout.write): (text: string) => Promise<void> {
  return (text) =>
    new Promise((resolve, reject) => {
      write(text, (error) => (error ? reject(error) : resolve()));
    });
}

const consoleLevels = [
  ["trace", "trace"],
  ["debug", "debug"],
  ["log", "info"],
  ["info", "info"],
  ["warn", "warn"],
  ["error", "error"],
] as const;
