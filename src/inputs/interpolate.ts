/** Values of variables in texts of Compose files and `.env`. */
export interface Interpolation {
  /** The value of a variable; undefined if it is not set. */
  lookUp(name: string): string | undefined;
  /** Called for a variable that is not set and has no default. */
  onMissing?(name: string): void;
}

/** A text whose variables have no value. */
export class InterpolationError extends Error {
  /**
   * @param isForm whether the text itself is wrong; else a variable that it requires is missing
   */
  constructor(
    message: string,
    readonly isForm: boolean,
  ) {
    super(message);
    this.name = "InterpolationError";
  }
}

const namePattern = /^[_a-zA-Z][_a-zA-Z0-9]*/;

/**
 * Replaces `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+other}` and `${NAME:?message}` (also without the colon) as
 * Compose does; `$$` is a dollar sign. Throws an {@link InterpolationError}.
 */
export function interpolate(text: string, values: Interpolation): string {
  let result = "";
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) return result + text.slice(at);
    result += text.slice(at, dollar);
    const rest = text.slice(dollar + 1);
    const [name] = namePattern.exec(rest) ?? [];
    if (rest.startsWith("$")) {
      result += "$";
      at = dollar + 2;
    } else if (name) {
      result += variableValue(name, values);
      at = dollar + 1 + name.length;
    } else if (rest.startsWith("{")) {
      const end = closingBrace(rest);
      if (end < 0) throw new InterpolationError(text, true);
      result += expression(rest.slice(1, end), text, values);
      at = dollar + 2 + end;
    } else throw new InterpolationError(text, true);
  }
  return result;
}

/** The index of the brace that closes the first one; below 0 if there is none. */
function closingBrace(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "{" && (at === 0 || text[at - 1] === "$")) depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return -1;
}

function expression(body: string, text: string, values: Interpolation): string {
  const [name = ""] = namePattern.exec(body) ?? [];
  const [, operator = "", argument = ""] = /^(:?[-+?])?(.*)$/s.exec(body.slice(name.length))!;
  if (!name || (!operator && argument)) throw new InterpolationError(text, true);
  const value = values.lookUp(name);
  const isThere = operator.startsWith(":") ? Boolean(value) : value !== undefined;
  if (operator.endsWith("-")) return isThere ? value! : interpolate(argument, values);
  if (operator.endsWith("+")) return isThere ? interpolate(argument, values) : "";
  if (operator.endsWith("?")) {
    if (isThere) return value!;
    const message = interpolate(argument, values);
    throw new InterpolationError(
      `required variable ${name} is missing a value${message && `: ${message}`}`,
      false,
    );
  }
  return variableValue(name, values);
}

function variableValue(name: string, { lookUp, onMissing }: Interpolation): string {
  const value = lookUp(name);
  if (value === undefined) onMissing?.(name);
  return value ?? "";
}
