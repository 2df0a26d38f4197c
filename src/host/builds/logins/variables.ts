/**
 * What the variables of one Dockerfile may be replaced by, in characters and all together. Real ones need some thousand.
 * Without a limit, values that repeat each other double with every line.
 */
const maxReplaced = 1 << 20;

/** `$NAME`, `${NAME}`, and `${NAME:-text}` or `${NAME:+text}` with or without the colon; other forms are kept. */
const variable = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?)([-+])([^{}]*))?\})/g;

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
   * Replaces the variables in a word. Those without a value stay, with their `$`, and so do all that would exceed the
   * limit.
   */
  expand(text: string): string {
    return text.replace(
      variable,
      (whole, plain: string, braced: string, colon: string, operator: string, other: string) => {
        const value = this.#values.get(plain ?? braced);
        const isSet = value !== undefined && !(colon && value === "");
        if (operator === "+") return isSet ? this.expand(other) : "";
        if (operator === "-" && !isSet) return this.expand(other);
        if (value === undefined || value.length > this.#left) return whole;
        this.#left -= value.length;
        return value;
      },
    );
  }
}
