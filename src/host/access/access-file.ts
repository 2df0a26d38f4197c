import { createHash, randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { stringify } from "smol-toml";
import { Entry, fileRefused, grantKeys, parseSections, readEntriesFile } from "./entries-file.js";
import type { Grants } from "./principal.js";

/** A token that clients on TCP may present. */
export interface TokenEntry extends Grants {
  name: string;
  /** "sha256:" and the digest of the token in hexadecimal; the token itself is not kept. */
  hash: string;
  /** The token is refused from then on; never when absent. */
  expires?: Date;
}

/** What a client certificate of the host's authority may do. */
export interface CertificateEntry extends Grants {
  /** Common name of the certificate's subject. */
  subject: string;
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
 * Reads an access file: TOML with `[[token]]` (name, hash, expires) and `[[certificate]]` (subject), each with groups and
 * either a role or projects, or one token in plain text with the role admin. It must belong to this user or to root, and
 * nobody else may read it (0600; one that belongs to root may be readable by its group). FAILED_PRECONDITION otherwise,
 * reasons TOKEN_FILE_UNREADABLE, TOKEN_FILE_UNSAFE, TOKEN_FILE_INVALID and TOKEN_UNUSABLE.
 */
export async function readAccessFile(file: string): Promise<AccessFile> {
  const text = await readEntriesFile(file, {
    title: "access file",
    unreadable: "TOKEN_FILE_UNREADABLE",
    unsafe: "TOKEN_FILE_UNSAFE",
  });
  const lines = text.trim().split("\n");
  if (text.trim() !== "" && lines.length === 1 && !/[=[\]#]/.test(lines[0]!.replace(/={1,2}$/, "")))
    return plainToken(file, lines[0]!);
  return parseAccessFile(file, text);
}

function plainToken(file: string, token: string): AccessFile {
  if (token.length < minTokenLength || /[^\x21-\x7e]/.test(token)) {
    const message = `The token in ${file} must have at least ${minTokenLength} characters, all printable ASCII without spaces.`;
    throw fileRefused(file, "TOKEN_UNUSABLE", message, `Make one with: openssl rand -hex 32 > ${file}`);
  }
  return {
    tokens: [{ name: "default", hash: hashToken(token), role: "admin", groups: [] }],
    certificates: [],
  };
}

/** Parses the TOML form. */
export function parseAccessFile(file: string, text: string): AccessFile {
  const invalid = (why: string) =>
    fileRefused(
      file,
      "TOKEN_FILE_INVALID",
      `The access file ${file} is not valid: ${why}.`,
      "Change it with `slipway tokens`, or correct the entry.",
    );
  const table = parseSections(text, ["token", "certificate"], invalid);
  const list = (key: string) =>
    table[key] === undefined ? [] : Array.isArray(table[key]) ? table[key] : [table[key]];
  const entries = (key: string, known: string[]) =>
    list(key).map(
      (value: unknown, index: number) => new AccessEntry(value, `${key}[${index}]`, known, invalid),
    );
  const tokens = entries("token", ["name", "hash", ...grantKeys, "expires"]).map(
    (entry): TokenEntry => ({
      name: entry.text("name", /^[\w.-]{1,64}$/),
      hash: entry.text("hash", /^sha256:[0-9a-f]{64}$/),
      ...entry.grants(),
      expires: entry.date("expires"),
    }),
  );
  const certificates = entries("certificate", ["subject", ...grantKeys]).map(
    (entry): CertificateEntry => ({
      subject: entry.text("subject", /^.{1,256}$/),
      ...entry.grants(),
    }),
  );
  for (const names of [tokens.map(({ name }) => name), certificates.map(({ subject }) => subject)]) {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw invalid(`"${twice}" is listed twice`);
  }
  return { tokens, certificates };
}

class AccessEntry extends Entry {
  date(key: string): Date | undefined {
    const value = this.values[key];
    if (value === undefined) return undefined;
    if (value instanceof Date && !Number.isNaN(value.getTime())) return new Date(value);
    throw this.fault(key, "must be a date with a time, such as 2027-01-31T00:00:00Z");
  }
}

/** An entry in TOML; what is absent must not become a key. */
function tableOf({ projects, ...rest }: TokenEntry | CertificateEntry): object {
  const values = { ...rest, projects: projects && Object.fromEntries(projects) };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Writes an access file (0600) in place of what is there; readers see the old one or the new. */
export async function writeAccessFile(file: string, { tokens, certificates }: AccessFile): Promise<void> {
  const table = {
    ...(tokens.length > 0 && { token: tokens.map(tableOf) }),
    ...(certificates.length > 0 && { certificate: certificates.map(tableOf) }),
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
