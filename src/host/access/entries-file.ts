import { Code, type ConnectError } from "@connectrpc/connect";
import { parse } from "smol-toml";
import type { Reason } from "../../errors/reasons.js";
import { typedError } from "../../errors/typed-error.js";
import { exposure, readWithStats } from "../../util/private-mode.js";
import { type Role, roles } from "./principal.js";

/** What a file of entries is, and the reasons of its errors. */
export interface EntriesFile {
  /** For messages: "access file", "issuers file". */
  title: string;
  unreadable: Reason;
  unsafe: Reason;
}

/**
 * The text of a file that decides about access. It must belong to this user or to root, and nobody else may reach it.
 * FAILED_PRECONDITION otherwise, with the reasons of the file.
 */
export async function readEntriesFile(
  file: string,
  { title, unreadable, unsafe }: EntriesFile,
): Promise<string> {
  const { stats, text } = await readWithStats(file).catch((error: Error) => {
    const message = `The ${title} cannot be read: ${error.message}.`;
    throw fileRefused(file, unreadable, message, "Name a file that the host's user can read.");
  });
  const exposed = exposure(file, stats);
  if (!exposed) return text;
  const message = `Others can reach the ${title} ${file}: ${exposed.why}.`;
  throw fileRefused(file, unsafe, message, exposed.remedy);
}

/** FAILED_PRECONDITION about a file that decides about access. */
export function fileRefused(file: string, reason: Reason, message: string, remedy: string): ConnectError {
  return typedError({ code: Code.FailedPrecondition, reason, message, remedy, metadata: { file } });
}

/** The error of a file whose content is wrong; `why` is a clause. */
export type Invalid = (why: string) => ConnectError;

/** Parses TOML with sections of entries, and refuses other sections. */
export function parseSections(
  text: string,
  sections: readonly string[],
  invalid: Invalid,
): Record<string, unknown> {
  let table: Record<string, unknown>;
  try {
    table = parse(text);
  } catch (error) {
    throw invalid((error as Error).message.split("\n")[0]!);
  }
  const unknown = Object.keys(table).find((key) => !sections.includes(key));
  if (unknown !== undefined) throw invalid(`it has an unknown section "${unknown}"`);
  return table;
}

/** Reads the values of one entry, strictly: a misspelt key must not widen access. */
export class Entry {
  protected readonly values: Record<string, unknown>;

  constructor(
    values: unknown,
    protected readonly where: string,
    known: readonly string[],
    protected readonly invalid: Invalid,
  ) {
    if (typeof values !== "object" || values === null) throw invalid(`${where} is not a table`);
    this.values = values as Record<string, unknown>;
    const unknown = Object.keys(values).find((key) => !known.includes(key));
    if (unknown) throw invalid(`${where} has an unknown key "${unknown}"`);
  }

  /** The error of one value; `why` follows its key. */
  fault(key: string, why: string): ConnectError {
    return this.invalid(`${this.where}.${key} ${why}`);
  }

  text(key: string, form: RegExp): string {
    const value = this.values[key];
    if (typeof value === "string" && form.test(value)) return value;
    throw this.fault(key, `is ${value === undefined ? "missing" : "malformed"}`);
  }

  role(): Role {
    const found = roles.find((role) => role === this.values.role);
    if (!found) throw this.fault("role", `must be one of ${roles.join(", ")}`);
    return found;
  }

  groups(): string[] {
    const { groups = [] } = this.values;
    if (Array.isArray(groups) && groups.every((group) => typeof group === "string")) return groups;
    throw this.fault("groups", "must be a list of names");
  }
}
