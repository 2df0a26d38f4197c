import { createHash, randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { Code, type ConnectError } from "@connectrpc/connect";
import { parse, stringify } from "smol-toml";
import type { Reason } from "../../errors/reasons.js";
import { typedError } from "../../errors/typed-error.js";
import { exposure, readWithStats } from "../../util/private-mode.js";
import { type Role, roles } from "./principal.js";

/** A token that clients on TCP may present. */
export interface TokenEntry {
  name: string;
  /** "sha256:" and the digest of the token in hexadecimal; the token itself is not kept. */
  hash: string;
  role: Role;
  groups: string[];
  /** The token is refused from then on; never when absent. */
  expires?: Date;
}

/** What a client certificate of the host's authority may do. */
export interface CertificateEntry {
  /** Common name of the certificate's subject. */
  subject: string;
  role: Role;
  groups: string[];
}

/** Who may call a host over TCP. */
export interface AccessFile {
  tokens: TokenEntry[];
  certificates: CertificateEntry[];
}

/** Shortest token, in characters; 16 random bytes in base64 have as many. */
const minTokenLength = 22;

/** A new token: 32 random bytes, printable. */
export function newToken(): string {
  return `slipway_${randomBytes(32).toString("base64url")}`;
}

/** What is kept of a token. Tokens are random and long, so a fast digest without salt is sufficient. */
export function hashToken(token: string): string {
  return `sha256:${createHash("sha256").update(token).digest("hex")}`;
}

/**
 * Reads an access file: TOML with `[[token]]` (name, hash, role, groups, expires) and `[[certificate]]` (subject, role,
 * groups), or one token in plain text with the role admin. It must belong to this user or to root, and nobody else
 * may read it (0600; one that belongs to root may be readable by its group). FAILED_PRECONDITION otherwise, reasons
 * TOKEN_FILE_UNREADABLE, TOKEN_FILE_UNSAFE, TOKEN_FILE_INVALID and TOKEN_UNUSABLE.
 */
export async function readAccessFile(file: string): Promise<AccessFile> {
  const { stats, text } = await readWithStats(file).catch((error: Error) => {
    throw refuse(
      file,
      "TOKEN_FILE_UNREADABLE",
      `The access file cannot be read: ${error.message}.`,
      "Name a file that the host's user can read.",
    );
  });
  const exposed = exposure(file, stats);
  if (exposed) {
    const message = `Others can reach the access file ${file}: ${exposed.why}.`;
    throw refuse(file, "TOKEN_FILE_UNSAFE", message, exposed.remedy);
  }
  const lines = text.trim().split("\n");
  if (text.trim() !== "" && lines.length === 1 && !/[=[\]#]/.test(lines[0]!.replace(/={1,2}$/, "")))
    return plainToken(file, lines[0]!);
  return parseAccessFile(file, text);
}

function plainToken(file: string, token: string): AccessFile {
  if (token.length < minTokenLength || /[^\x21-\x7e]/.test(token)) {
    const message = `The token in ${file} must have at least ${minTokenLength} characters, all printable ASCII without spaces.`;
    throw refuse(file, "TOKEN_UNUSABLE", message, `Make one with: openssl rand -hex 32 > ${file}`);
  }
  return {
    tokens: [{ name: "default", hash: hashToken(token), role: "admin", groups: [] }],
    certificates: [],
  };
}

/** Parses the TOML form. */
export function parseAccessFile(file: string, text: string): AccessFile {
  const invalid = (why: string) =>
    refuse(
      file,
      "TOKEN_FILE_INVALID",
      `The access file ${file} is not valid: ${why}.`,
      "Change it with `slipway tokens`, or correct the entry.",
    );
  let table: Record<string, unknown>;
  try {
    table = parse(text);
  } catch (error) {
    throw invalid((error as Error).message.split("\n")[0]!);
  }
  for (const key of Object.keys(table))
    if (key !== "token" && key !== "certificate") throw invalid(`it has an unknown section "${key}"`);
  const list = (key: string) =>
    table[key] === undefined ? [] : Array.isArray(table[key]) ? table[key] : [table[key]];
  const entries = (key: string, known: string[]) =>
    list(key).map((value: unknown, index: number) => {
      const where = `${key}[${index}]`;
      if (typeof value !== "object" || value === null) throw invalid(`${where} is not a table`);
      return new Entry(value as Record<string, unknown>, where, known, invalid);
    });
  const tokens = entries("token", ["name", "hash", "role", "groups", "expires"]).map(
    (entry): TokenEntry => ({
      name: entry.text("name", /^[\w.-]{1,64}$/),
      hash: entry.text("hash", /^sha256:[0-9a-f]{64}$/),
      role: entry.role(),
      groups: entry.groups(),
      expires: entry.date("expires"),
    }),
  );
  const certificates = entries("certificate", ["subject", "role", "groups"]).map(
    (entry): CertificateEntry => ({
      subject: entry.text("subject", /^.{1,256}$/),
      role: entry.role(),
      groups: entry.groups(),
    }),
  );
  for (const names of [tokens.map(({ name }) => name), certificates.map(({ subject }) => subject)]) {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw invalid(`"${twice}" is listed twice`);
  }
  return { tokens, certificates };
}

/** Reads the values of one entry, strictly: a misspelt key must not widen access. */
class Entry {
  constructor(
    private readonly values: Record<string, unknown>,
    private readonly where: string,
    known: readonly string[],
    private readonly invalid: (why: string) => ConnectError,
  ) {
    const unknown = Object.keys(values).find((key) => !known.includes(key));
    if (unknown) throw invalid(`${where} has an unknown key "${unknown}"`);
  }

  text(key: string, form: RegExp): string {
    const value = this.values[key];
    if (typeof value === "string" && form.test(value)) return value;
    throw this.invalid(`${this.where}.${key} is ${value === undefined ? "missing" : "malformed"}`);
  }

  role(): Role {
    const found = roles.find((role) => role === this.values.role);
    if (!found) throw this.invalid(`${this.where}.role must be one of ${roles.join(", ")}`);
    return found;
  }

  groups(): string[] {
    const { groups = [] } = this.values;
    if (Array.isArray(groups) && groups.every((group) => typeof group === "string")) return groups;
    throw this.invalid(`${this.where}.groups must be a list of names`);
  }

  date(key: string): Date | undefined {
    const value = this.values[key];
    if (value === undefined) return undefined;
    if (value instanceof Date && !Number.isNaN(value.getTime())) return new Date(value);
    throw this.invalid(`${this.where}.${key} must be a date with a time, such as 2027-01-31T00:00:00Z`);
  }
}

/** Writes an access file (0600) in place of what is there; readers see the old one or the new. */
export async function writeAccessFile(file: string, { tokens, certificates }: AccessFile): Promise<void> {
  const table = {
    // An absent date must not become a key.
    ...(tokens.length > 0 && {
      token: tokens.map(({ expires, ...rest }) => ({ ...rest, ...(expires && { expires }) })),
    }),
    ...(certificates.length > 0 && { certificate: certificates }),
  };
  const temporary = `${file}.${randomBytes(6).toString("hex")}.new`;
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(`# Written by slipway tokens.\n${stringify(table)}`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function refuse(file: string, reason: Reason, message: string, remedy: string): ConnectError {
  return typedError({ code: Code.FailedPrecondition, reason, message, remedy, metadata: { file } });
}
