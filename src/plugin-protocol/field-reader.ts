import { isAbsolute, join, normalize } from "node:path";

/** An object of a JSON document. */
export type JsonObject = Record<string, unknown>;

/** Whether a value is an object and not a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads fields of a JSON object, and collects what is wrong instead of stopping at the first problem. */
export class FieldReader {
  constructor(
    private readonly json: JsonObject,
    readonly problems: string[] = [],
    private readonly prefix = "",
  ) {}

  /** A string; empty when it is missing. */
  text(field: string, required = false): string {
    const value = this.json[field];
    if (typeof value === "string" && (value !== "" || !required)) return value;
    if (value !== undefined || required) this.#wrong(field, "a string");
    return "";
  }

  /** A required string that matches a pattern. */
  matching(field: string, pattern: RegExp, meaning: string): string {
    const value = this.text(field, true);
    if (value !== "" && !pattern.test(value)) this.#wrong(field, meaning);
    return value;
  }

  /** A required list of strings that are valid. */
  list(field: string, valid: (value: string) => boolean): string[] {
    const value = this.json[field];
    const good = (item: unknown): item is string => typeof item === "string" && item !== "" && valid(item);
    if (Array.isArray(value) && value.length > 0 && value.every(good)) return value;
    this.#wrong(field, "a list of at least one valid string");
    return [];
  }

  /** A required list of whole numbers. */
  numbers(field: string): number[] {
    const value = this.json[field];
    if (Array.isArray(value) && value.length > 0 && value.every((item) => Number.isSafeInteger(item)))
      return value;
    this.#wrong(field, "a list of at least one number");
    return [];
  }

  /** SHA-256 sums of files inside a folder, by absolute path. */
  checksums(field: string, folder: string): Map<string, string> {
    const value = this.json[field] ?? {};
    const sums = new Map<string, string>();
    if (!isObject(value)) {
      this.#wrong(field, "an object of path and SHA-256");
      return sums;
    }
    for (const [path, sum] of Object.entries(value)) {
      const inside = !isAbsolute(path) && !normalize(path).startsWith("..");
      if (inside && typeof sum === "string" && /^[0-9a-f]{64}$/i.test(sum)) {
        sums.set(join(folder, path), sum.toLowerCase());
      } else this.#wrong(`${field}[${path}]`, "64 hexadecimal digits for a path inside the folder");
    }
    return sums;
  }

  #wrong(field: string, expected: string): void {
    this.problems.push(`${this.prefix}${field} must be ${expected}`);
  }
}
