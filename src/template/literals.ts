import { TemplateError } from "./template-error.js";

const simple: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92 };

/** The value of a string in double quotes or backquotes, as in Go. */
export function unquote(quoted: string, at: number): string {
  if (quoted.startsWith("`")) return quoted.slice(1, -1).replaceAll("\r", "");
  return Buffer.from(bytesOf(quoted, at)).toString();
}

/** The code point of a character in single quotes. */
export function character(quoted: string, at: number): number {
  const decoded = Buffer.from(bytesOf(quoted, at)).toString();
  const [char = "", ...more] = decoded;
  if (!char || more.length > 0) throw new TemplateError(`malformed character constant: ${quoted}`, at);
  return char.codePointAt(0)!;
}

function bytesOf(quoted: string, at: number): number[] {
  const quote = quoted[0]!;
  const bytes: number[] = [];
  const inner = quoted.slice(1, -1);
  for (const [part] of inner.matchAll(
    /\\(?:x[\da-fA-F]{2}|[0-7]{3}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)|[^\\]+|\\/gsu,
  )) {
    if (!part.startsWith("\\")) {
      bytes.push(...Buffer.from(part));
      continue;
    }
    const code = part.slice(1);
    const byte = code === quote ? code.charCodeAt(0) : simple[code];
    if (byte !== undefined) bytes.push(byte);
    else if (/^x../s.test(code)) bytes.push(Number.parseInt(code.slice(1), 16));
    else if (/^[0-3]../.test(code)) bytes.push(Number.parseInt(code, 8));
    else if (/^u.{4}|^U.{8}/.test(code)) {
      const point = Number.parseInt(code.slice(1), 16);
      if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) throw invalid(quoted, at);
      bytes.push(...Buffer.from(String.fromCodePoint(point)));
    } else throw invalid(quoted, at);
  }
  return bytes;
}

function invalid(quoted: string, at: number): TemplateError {
  return new TemplateError(`invalid syntax: ${quoted}`, at);
}

const integer =
  /^[+-]?(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?[0-7])*|[1-9](?:_?\d)*)$/;
const float = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The value of a number, as in Go. Complex numbers and hexadecimal fractions are refused. */
export function number(text: string, at: number): { value: number; isFloat: boolean } {
  if (integer.test(text)) {
    const sign = text.startsWith("-") ? -1 : 1;
    const digits = text.replace(/^[+-]/, "").replaceAll("_", "");
    const value = sign * Number(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
    if (!Number.isSafeInteger(value)) throw new TemplateError(`number out of range: ${text}`, at);
    return { value: value || 0, isFloat: false };
  }
  if (!float.test(text)) throw new TemplateError(`unsupported number: ${text}`, at);
  const value = Number(text);
  if (!Number.isFinite(value)) throw new TemplateError(`number out of range: ${text}`, at);
  return { value, isFloat: true };
}
