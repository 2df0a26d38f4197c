/**
 * What the variables of one Dockerfile may be replaced by, in characters and all together. Real ones need some thousand.
 * Without a limit, values that repeat each other double with every line.
 */
const maxReplaced = 1 << 20;
/** How deep variables may be nested in the operators of others. */
const maxDepth = 20;

/** `$NAME`, and the beginning of `${NAME}` and of `${NAME-text}` with the operator -, + or ?, or one with a colon. */
const variable = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?)([-+?]))?)/y;

/** The variables of a Dockerfile that have a known value. */
export class Variables {
  readonly #values: Map<string, string>;
  #left = maxReplaced;

  constructor(values: Iterable<readonly [name: string, value: string]>) {
    this.#values = new Map(values);
  }

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  /**
   * Replaces the variables in a word. One without a value is empty, as in BuildKit. Expressions with other operators, and
   * what would exceed the limit, keep their `$`.
   */
  expand(text: string): string {
    return this.#expand(text, 0, 0).text;
  }

  /** Expands from a place on: to the end, or with a depth to the brace that closes the expression. */
  #expand(text: string, from: number, depth: number): { text: string; end: number } {
    const special = depth > 0 ? /[$}]/g : /\$/g;
    let expanded = "";
    for (let at = from; ; ) {
      special.lastIndex = at;
      const next = special.exec(text)?.index ?? text.length;
      expanded += text.slice(at, next);
      if (text[next] !== "$") return { text: expanded, end: next };
      const found = this.#variable(text, next, depth);
      expanded += found?.text ?? "$";
      at = found?.end ?? next + 1;
    }
  }

  /** The variable at a place; undefined for none, or an expression that is not known. */
  #variable(text: string, at: number, depth: number): { text: string; end: number } | undefined {
    variable.lastIndex = at;
    const [start, plain, braced, colon, operator] = variable.exec(text) ?? [];
    if (start === undefined || depth > maxDepth) return undefined;
    const name = (plain ?? braced)!;
    const begin = at + start.length;
    if (plain !== undefined) return { text: this.#value(name), end: begin };
    const word = operator ? this.#expand(text, begin, depth + 1) : { text: "", end: begin };
    // Nothing below is looked at again, or many that do not end would each cost all the rest.
    if (word.end === text.length) return { text: text.slice(at), end: text.length };
    if (text[word.end] !== "}") return undefined;
    const value = this.#values.get(name);
    const isSet = value !== undefined && !(colon && value === "");
    const isWord = (operator === "-" && !isSet) || (operator === "+" && isSet);
    const isNothing = operator === "+" && !isSet;
    return { text: isWord ? word.text : isNothing ? "" : this.#value(name), end: word.end + 1 };
  }

  #value(name: string): string {
    const value = this.#values.get(name) ?? "";
    if (value.length > this.#left) return `$${name}`;
    this.#left -= value.length;
    return value;
  }
}
