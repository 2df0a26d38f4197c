import { InputError } from "../errors/input-error.js";

/**
 * Splits one line of CSV as Go's `encoding/csv` does, the format of BuildKit's flags and attributes:
 * `type=local,"dest=a,b"`. Quotes enclose a whole field, a quote inside is doubled, spaces are kept.
 * @param isLazy allows quotes inside of a field that does not begin with one; default false
 */
export function parseCsvLine(line: string, { isLazy = false } = {}): string[] {
  const text = line.replace(/\r?\n$/, "");
  const fields: string[] = [];
  let at = 0;
  do {
    const field = text[at] === '"' ? quotedField(text, at) : plainField(text, at, isLazy);
    fields.push(field.value);
    at = field.end + 1;
  } while (at <= text.length);
  return text === "" ? [] : fields;
}

/** Joins fields to a line that {@link parseCsvLine} splits into them. */
export function formatCsvLine(fields: readonly string[]): string {
  return fields
    .map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(",");
}

/**
 * Splits `key=value,key=value` into pairs, in order. Keys are lower-cased and trimmed, as buildx does.
 *
 * @param field name of the flag or request field, for errors
 */
export function parseAttributes(text: string, field: string): [key: string, value: string][] {
  try {
    return parseCsvLine(text).map((part) => {
      const equals = part.indexOf("=");
      if (equals < 0) throw new Error(`${JSON.stringify(part)} is not a key=value pair`);
      return [part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1)];
    });
  } catch (error) {
    throw new InputError({
      reason: "ATTRIBUTES_INVALID",
      field,
      message: `${field} ${JSON.stringify(text)} cannot be read: ${(error as Error).message}.`,
      remedy: 'Write key=value pairs with commas between; quote a pair that has a comma: "dest=a,b".',
    });
  }
}

interface Field {
  value: string;
  /** Index of the comma after the field, or the length of the text. */
  end: number;
}

function plainField(text: string, start: number, isLazy: boolean): Field {
  const comma = text.indexOf(",", start);
  const end = comma < 0 ? text.length : comma;
  const value = text.slice(start, end);
  if (value.includes('"') && !isLazy) throw new Error(`there is a quote inside the unquoted ${value}`);
  return { value, end };
}

function quotedField(text: string, start: number): Field {
  const match = /"((?:[^"]|"")*)"(?=,|$)/y;
  match.lastIndex = start;
  const found = match.exec(text);
  if (found === null)
    throw new Error(`the quote at column ${start + 1} is not closed at the end of its field`);
  return { value: found[1]!.replaceAll('""', '"'), end: match.lastIndex };
}
