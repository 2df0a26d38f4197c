import { createHash, randomUUID } from "node:crypto";
import { posix } from "node:path";
import { RE2JS } from "re2js";
import type { HclFunction } from "../hcl/evaluate.js";
import { compareText, fromJson, Mapping, Sequence, toJson, type Value } from "../hcl/value.js";
import { ArgumentError, fn, graphemes, integer, items, numberOf, text, texts } from "./arguments.js";
import { format, formatList } from "./format.js";

const hash = (algorithm: string) =>
  fn(["string"], (value) => createHash(algorithm).update(text(value)).digest("hex"));

/** Functions of texts. */
export const stringFunctions: Record<string, HclFunction> = {
  upper: fn(["string"], (value) => text(value).toUpperCase()),
  lower: fn(["string"], (value) => text(value).toLowerCase()),
  title: fn(["string"], (value) =>
    text(value).replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase()),
  ),
  reverse: fn(["string"], (value) => graphemes(text(value)).reverse().join("")),
  strlen: fn(["string"], (value) => numberOf(graphemes(text(value)).length)),
  byteslen: fn(["dynamic"], () => {
    throw new ArgumentError("bytes required");
  }),
  bytesslice: fn(["dynamic", "number", "number"], () => {
    throw new ArgumentError("bytes required");
  }),
  substr: fn(["string", "number", "number"], (value, offset, length) =>
    substring(graphemes(text(value)), integer(offset), integer(length)),
  ),
  chomp: fn(["string"], (value) => text(value).replace(/[\r\n]+$/, "")),
  indent: fn(["number", "string"], (spaces, value) =>
    text(value).replaceAll("\n", `\n${" ".repeat(integer(spaces))}`),
  ),
  join: fn(
    ["string"],
    (separator, ...lists) => lists.flatMap((list) => items(list).map(notNull)).join(text(separator)),
    { rest: { kind: "list", element: "string" } },
  ),
  split: fn(["string", "string"], (separator, value) => texts(splitText(text(value), text(separator)))),
  sort: fn([{ kind: "list", element: "string" }], (list) =>
    texts(items(list).map(notNull).sort(compareText)),
  ),
  replace: fn(["string", "string", "string"], (value, from, to) =>
    replaceAll(text(value), text(from), text(to)),
  ),
  regex_replace: fn(["string", "string", "string"], (value, pattern, to) =>
    compile(text(pattern))
      .matcher(text(value))
      .replaceAll(goTemplate(text(to))),
  ),
  regex: fn(["string", "string"], (pattern, value) => {
    const [found] = matches(text(pattern), text(value));
    if (found === undefined) throw new ArgumentError("pattern did not match any part of the given string");
    return found;
  }),
  regexall: fn(
    ["string", "string"],
    (pattern, value) => new Sequence(matches(text(pattern), text(value)), "list"),
  ),
  trim: fn(["string", "string"], (value, cutset) => trim(text(value), text(cutset))),
  trimspace: fn(["string"], (value) => text(value).trim()),
  trimprefix: fn(["string", "string"], (value, prefix) =>
    text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : text(value),
  ),
  trimsuffix: fn(["string", "string"], (value, suffix) =>
    text(suffix) && text(value).endsWith(text(suffix))
      ? text(value).slice(0, -text(suffix).length)
      : text(value),
  ),
  format: fn(["string"], (pattern, ...args) => format(text(pattern), args), {
    rest: "dynamic",
    nullable: true,
  }),
  formatlist: fn(["string"], (pattern, ...args) => formatList(text(pattern), args), {
    rest: "dynamic",
    nullable: true,
  }),
  base64encode: fn(["string"], (value) => Buffer.from(text(value)).toString("base64")),
  base64decode: fn(["string"], (value) => {
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text(value)))
      throw new ArgumentError(`failed to decode base64 data ${JSON.stringify(text(value))}`);
    return Buffer.from(text(value), "base64").toString();
  }),
  urlencode: fn(["string"], (value) =>
    encodeURIComponent(text(value))
      .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll("%20", "+"),
  ),
  jsonencode: fn(["dynamic"], (value) => toJson(value!), { nullable: true }),
  jsondecode: fn(["string"], (value) => {
    try {
      return fromJson(JSON.parse(text(value)));
    } catch (cause) {
      throw new ArgumentError((cause as Error).message);
    }
  }),
  csvdecode: fn(["string"], (value) => decodeCsv(text(value))),
  md5: hash("md5"),
  sha1: hash("sha1"),
  sha256: hash("sha256"),
  sha512: hash("sha512"),
  uuidv4: fn([], () => randomUUID()),
  uuidv5: fn(["string", "string"], (namespace, name) => uuid5(text(namespace), text(name))),
  basename: fn(["string"], (path) => (text(path) === "" ? "." : posix.basename(text(path)) || "/")),
  dirname: fn(["string"], (path) => posix.normalize(posix.dirname(text(path)))),
  sanitize: fn(["string"], (value) => text(value).replace(/[^a-zA-Z0-9_-]/gu, "_")),
  bcrypt: fn(["string"], () => unavailable("bcrypt"), { rest: "dynamic" }),
  rsadecrypt: fn(["string", "string"], () => unavailable("rsadecrypt")),
};

function unavailable(name: string): never {
  throw new ArgumentError(`${name} is not available in Slipway`);
}

function notNull(value: Value): string {
  if (value === null) throw new ArgumentError("element is null; cannot use null values");
  return text(value);
}

function splitText(value: string, separator: string): string[] {
  return separator === "" ? [...value] : value.split(separator);
}

function replaceAll(value: string, from: string, to: string): string {
  if (from === "") return to + [...value].map((character) => character + to).join("");
  return value.split(from).join(to);
}

function substring(characters: string[], offset: number, length: number): string {
  const start = offset < 0 ? Math.max(0, characters.length + offset) : offset;
  return characters.slice(start, length < 0 ? undefined : start + length).join("");
}

function trim(value: string, cutset: string): string {
  const cut = new Set(cutset);
  const characters = [...value];
  let start = 0;
  let end = characters.length;
  while (start < end && cut.has(characters[start]!)) start++;
  while (end > start && cut.has(characters[end - 1]!)) end--;
  return characters.slice(start, end).join("");
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    throw new ArgumentError(`invalid regexp pattern: ${(cause as Error).message}`);
  }
}

/** All matches: texts, or their groups as a tuple, or as an object when they have names. */
function matches(pattern: string, value: string): Value[] {
  const regex = compile(pattern);
  const matcher = regex.matcher(value);
  const named = Object.entries(regex.namedGroups() as Record<string, number>);
  const found: Value[] = [];
  while (matcher.find()) {
    const count = matcher.groupCount();
    if (count === 0) found.push(matcher.group()!);
    else if (named.length === count) {
      found.push(new Mapping(named.map(([name, index]) => [name, matcher.group(index) ?? null])));
    } else if (named.length > 0) {
      throw new ArgumentError("invalid regexp pattern: cannot mix both named and unnamed capture groups");
    } else {
      found.push(new Sequence(Array.from({ length: count }, (_, index) => matcher.group(index + 1) ?? null)));
    }
  }
  return found;
}

/** Go's replacement texts name groups as $1, ${1} or ${name}, and a name is as long as it can be. */
function goTemplate(template: string): string {
  return template
    .replace(/\\/g, "\\\\")
    .replace(/\$\$|\$\{(\w+)\}|\$(\w+)/g, (whole, braced, plain) =>
      whole === "$$" ? "\\$" : `\${${braced ?? plain}}`,
    )
    .replace(/\$\{(\d+)\}/g, "$$$1");
}

function decodeCsv(value: string): Value {
  const [header, ...rows] = csvRows(value);
  if (!header) throw new ArgumentError("missing header line");
  const twice = header.find((name, index) => header.indexOf(name) < index);
  if (twice) throw new ArgumentError(`duplicate column name ${JSON.stringify(twice)}`);
  for (const row of rows) if (row.length !== header.length) throw new ArgumentError("wrong number of fields");
  return new Sequence(
    rows.map((row) => new Mapping(header.map((name, index) => [name, row[index]!]))),
    "list",
  );
}

function csvRows(value: string): string[][] {
  const rows: string[][] = [[]];
  const token = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/gy;
  for (let match = token.exec(value); match; match = token.exec(value)) {
    rows.at(-1)!.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === "" || token.lastIndex >= value.length) {
      if (match[3] === ",") rows.at(-1)!.push("");
      break;
    }
    if (match[3] !== ",") rows.push([]);
  }
  return rows.filter((row) => row.length > 1 || row[0] !== "");
}

const namespaces: Record<string, string> = {
  dns: "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
  url: "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
  oid: "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
  x500: "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
};

function uuid5(namespace: string, name: string): string {
  const space = namespaces[namespace] ?? namespace;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(space))
    throw new ArgumentError(`uuidv5() doesn't support namespace ${namespace}`);
  const bytes = createHash("sha1")
    .update(Buffer.from(space.replaceAll("-", ""), "hex"))
    .update(name)
    .digest();
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}
