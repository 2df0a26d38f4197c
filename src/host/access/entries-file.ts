import { Code, type ConnectError } from "@connectrpc/connect";
import { parse } from "smol-toml";
import type { Reason } from "../../errors/reasons.js";
import { typedError } from "../../errors/typed-error.js";
import { exposure, readWithStats } from "../../util/private-mode.js";
import { type Grants, type ProjectRoles, type Role, roles, type Trust, trustClasses } from "./principal.js";

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

/** The keys of what an entry grants. */
export const grantKeys = ["role", "projects", "groups", "trust"];

/** What is wrong with a name that is not that of a project. */
export const projectNameRule =
  "must begin with a lower-case letter, and have at most 128 lower-case letters, digits, dots, underscores and dashes";

/** Whether a text can be the name of a project. */
export function isProjectName(text: string): boolean {
  return /^[a-z][a-z0-9._-]{0,127}$/.test(text);
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

/** The entries of a section; none when it is missing. */
export function listIn(table: Record<string, unknown>, section: string, invalid: Invalid): unknown[] {
  const { [section]: values = [] } = table;
  if (!Array.isArray(values)) throw invalid(`"${section}" is not a list; write [[${section}]]`);
  return values;
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

  /** What the entry grants: either a role or projects, groups, and the trust in it. */
  grants(): Grants {
    const { role, projects } = this.values;
    if (role !== undefined && projects !== undefined)
      throw this.fault("role", "is for the whole host; leave it out, or leave projects out");
    const trust = this.#trust();
    if (role === "admin" && trust === "untrusted")
      throw this.fault("trust", "must be trusted for an admin, who may change all builders");
    const rights =
      projects === undefined ? { role: this.#role("role", role) } : { projects: this.#projects(projects) };
    return { ...rights, groups: this.#groups(), ...(trust && { trust }) };
  }

  #trust(): Trust | undefined {
    const { trust } = this.values;
    const found = trustClasses.find((known) => known === trust);
    if (trust !== undefined && !found) throw this.fault("trust", `must be ${trustClasses.join(" or ")}`);
    return found;
  }

  #role(key: string, value: unknown): Role {
    const found = roles.find((role) => role === value);
    if (!found) throw this.fault(key, `must be one of ${roles.join(", ")}`);
    return found;
  }

  #projects(value: unknown): ProjectRoles {
    const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
    if (entries.length === 0)
      throw this.fault("projects", 'must be a table of projects and roles, such as { shop = "builder" }');
    const wrong = entries.find(([name]) => !isProjectName(name));
    if (wrong) throw this.fault("projects", `names ${JSON.stringify(wrong[0])}, which ${projectNameRule}`);
    return new Map(entries.map(([name, role]) => [name, this.#role(`projects.${name}`, role)]));
  }

  #groups(): string[] {
    const { groups = [] } = this.values;
    if (Array.isArray(groups) && groups.every((group) => typeof group === "string")) return groups;
    throw this.fault("groups", "must be a list of names");
  }
}
