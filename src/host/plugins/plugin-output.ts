import type { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { withoutCredentials } from "../../inputs/url-credentials.js";
import type { Log, LogFields, LogLevel } from "../base/log.js";

/** Number of last lines that are kept to explain a crash. */
const keptLines = 50;
/** Maximum length of a line, in bytes; longer lines are cut. */
const maxLineBytes = 64 << 10;
/** Maximum length of a kept line, in characters. */
const maxKeptLength = 1000;
/** Maximum number of log lines per second; more are dropped and counted. */
const maxLinesPerSecond = 500;

/**
 * Reads a plugin's output without delay, so that the plugin never blocks. Keeps the last lines and writes lines to the
 * host's log, both within limits.
 */
export class PluginOutput {
  #kept: string[] = [];
  #panicked = false;
  #second = 0;
  #passed = 0;
  #dropped = 0;

  constructor(
    private readonly plugin: string,
    private readonly log: Log,
  ) {}

  /** The last lines, oldest first. */
  get lastLines(): string[] {
    return [...this.#kept];
  }

  /** Reads a stream of lines until it ends. */
  read(stream: Readable): void {
    const write = this.writer();
    stream.on("data", write);
    stream.on("error", () => {});
    stream.once("close", () => {
      write(Buffer.from("\n"));
      this.#reportDropped();
    });
  }

  /** Returns a function that takes the bytes of one source of lines. */
  writer(): (chunk: Uint8Array) => void {
    let rest = Buffer.alloc(0);
    return (chunk) => {
      const text = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk);
      let start = 0;
      for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, start)) {
        this.#line(text.subarray(start, end));
        start = end + 1;
      }
      rest = text.subarray(start);
      if (rest.length > maxLineBytes) {
        this.#line(rest);
        rest = Buffer.alloc(0);
      }
    };
  }

  #line(bytes: Buffer): void {
    const text = bytes.toString("utf8", 0, maxLineBytes).trimEnd();
    if (text === "") return;
    const { level, message, fields } = this.#parse(text);
    this.#kept.push(plainLine(`${message}${factsOf(fields)}`.slice(0, maxKeptLength)));
    if (this.#kept.length > keptLines) this.#kept.shift();
    if (this.#withinRate()) this.log[level](message, { ...fields, plugin: this.plugin });
  }

  #withinRate(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) {
      this.#reportDropped();
      this.#second = second;
      this.#passed = 0;
    }
    this.#passed += 1;
    if (this.#passed > maxLinesPerSecond) this.#dropped += 1;
    return this.#passed <= maxLinesPerSecond;
  }

  #reportDropped(): void {
    if (this.#dropped === 0) return;
    const message = `${this.#dropped} lines were dropped: more than ${maxLinesPerSecond} per second`;
    this.#dropped = 0;
    this.log.warn(message, { plugin: this.plugin });
  }

  /** Parses hclog's JSON, or plain text with its level in brackets, by go-plugin's rules. */
  #parse(text: string): { level: LogLevel; message: string; fields: LogFields } {
    const entry = text.startsWith("{") ? parseJson(text) : undefined;
    if (entry) return entry;
    if (/^(panic: |fatal error: )/.test(text)) this.#panicked = true;
    const [prefix, name] = /^\[(TRACE|DEBUG|INFO|WARN|ERROR)\]\s*/.exec(text) ?? ["", ""];
    const level = name ? levels.get(name.toLowerCase())! : this.#panicked ? "error" : "debug";
    return { level, message: text.slice(prefix.length), fields: {} };
  }
}

/** The host's levels by those of hclog. A Map, since a plugin may write any word, such as `constructor`. */
const levels = new Map<unknown, LogLevel>([
  ["trace", "debug"],
  ["debug", "debug"],
  ["info", "info"],
  ["warn", "warn"],
  ["error", "error"],
]);

/** Fields that the host writes itself. A plugin's value with such a name gets the prefix "plugin.". */
const ownFields = new Set(["time", "level", "message", "plugin"]);

/** The facts of a structured line without credentials in URLs, to append to its message: " code=7 reason=OUT_OF_SPACE". */
function factsOf({ module: _, ...facts }: LogFields): string {
  return Object.entries(facts)
    .map(([key, value]) => withoutCredentials(` ${key}=${value}`))
    .join("");
}

/** For errors, which quote it: one line, and nothing that a terminal acts on. */
function plainLine(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}

function parseJson(text: string): { level: LogLevel; message: string; fields: LogFields } | undefined {
  try {
    const {
      "@level": level,
      "@message": message,
      "@module": module,
      "@timestamp": _,
      ...rest
    } = JSON.parse(text);
    if (typeof message !== "string") return undefined;
    const fields: LogFields = typeof module === "string" ? { module } : {};
    for (const [key, value] of Object.entries(rest)) {
      const name = ownFields.has(key) ? `plugin.${key}` : key;
      fields[name] = typeof value === "object" ? JSON.stringify(value) : (value as LogFields[string]);
    }
    return { level: levels.get(level) ?? "debug", message, fields };
  } catch {
    // Plain text that starts with a brace.
    return undefined;
  }
}
