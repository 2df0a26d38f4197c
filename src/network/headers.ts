type Init = Iterable<readonly string[]> | Readonly<Record<string, string>>;

/**
 * `Headers` of the Fetch standard, for programs that do not fetch: Node loads all of `fetch` with its own, which takes
 * 0.05 s of CPU and 3 MiB. The build gives it to the modules of such programs in place of the global one.
 */
export class Headers {
  /** By name in lower case. */
  readonly #values = new Map<string, string[]>();

  constructor(init: Init = {}) {
    const pairs = Symbol.iterator in init ? (init as Iterable<readonly string[]>) : Object.entries(init);
    for (const [name, value] of pairs) this.append(name!, value!);
  }

  append(name: string, value: string): void {
    const key = checkedName(name);
    const values = this.#values.get(key);
    if (values) values.push(checkedValue(value));
    else this.#values.set(key, [checkedValue(value)]);
  }

  set(name: string, value: string): void {
    this.#values.set(checkedName(name), [checkedValue(value)]);
  }

  delete(name: string): void {
    this.#values.delete(checkedName(name));
  }

  has(name: string): boolean {
    return this.#values.has(checkedName(name));
  }

  /** All values of a header, separated by commas. */
  get(name: string): string | null {
    return this.#values.get(checkedName(name))?.join(", ") ?? null;
  }

  getSetCookie(): string[] {
    return [...(this.#values.get("set-cookie") ?? [])];
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }

  *keys(): Generator<string> {
    for (const [name] of this) yield name;
  }

  *values(): Generator<string> {
    for (const [, value] of this) yield value;
  }

  entries(): Generator<[string, string]> {
    return this[Symbol.iterator]();
  }

  /** In the order of names. Cookies are not joined. */
  *[Symbol.iterator](): Generator<[string, string]> {
    for (const name of [...this.#values.keys()].sort()) {
      const values = this.#values.get(name) ?? [];
      if (name === "set-cookie") for (const value of values) yield [name, value];
      else if (values.length > 0) yield [name, values.join(", ")];
    }
  }
}

function checkedName(name: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
    throw new TypeError(`${JSON.stringify(name)} is not a name of a header.`);
  return name.toLowerCase();
}

function checkedValue(value: string): string {
  const trimmed = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  if (/[\0\n\r]|[^\0-\xff]/.test(trimmed))
    throw new TypeError(`${JSON.stringify(trimmed)} is not a value of a header.`);
  return trimmed;
}
