type Init = Iterable<readonly [string, string]> | Record<string, string>;

/**
 * The `Headers` of the Fetch standard, as gRPC needs them. Node's own come with all of its HTTP client for `fetch`,
 * which costs every process that makes a call 12 ms and some megabytes; so Connect has these in the bundles.
 */
class LightHeaders implements Headers {
  readonly #values = new Map<string, string[]>();

  constructor(init: Init = {}) {
    const entries = Symbol.iterator in init ? (init as Iterable<[string, string]>) : Object.entries(init);
    for (const [name, value] of entries) this.append(name, value);
  }

  append(name: string, value: string): void {
    const key = checkName(name);
    const added = checkValue(name, value);
    const values = this.#values.get(key);
    if (values) values.push(added);
    else this.#values.set(key, [added]);
  }

  set(name: string, value: string): void {
    this.#values.set(checkName(name), [checkValue(name, value)]);
  }

  get(name: string): string | null {
    return this.#values.get(checkName(name))?.join(", ") ?? null;
  }

  has(name: string): boolean {
    return this.#values.has(checkName(name));
  }

  delete(name: string): void {
    this.#values.delete(checkName(name));
  }

  getSetCookie(): string[] {
    return [...(this.#values.get("set-cookie") ?? [])];
  }

  forEach(use: (value: string, name: string, all: Headers) => void, self?: unknown): void {
    for (const [name, value] of this) use.call(self, value, name, this);
  }

  *entries(): Generator<[string, string], undefined, unknown> {
    for (const name of [...this.#values.keys()].sort()) {
      if (name === "set-cookie") for (const value of this.getSetCookie()) yield [name, value];
      else yield [name, this.get(name)!];
    }
  }

  *keys(): Generator<string, undefined, unknown> {
    for (const [name] of this) yield name;
  }

  *values(): Generator<string, undefined, unknown> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator]() {
    return this.entries();
  }
}

function checkName(name: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
    throw new TypeError(`${JSON.stringify(name)} is no name of a header`);
  return name.toLowerCase();
}

function checkValue(name: string, value: string): string {
  const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  // Its bytes are Latin-1, and none of them ends it.
  if (!/^[^\0\n\r\u0100-\uffff]*$/.test(text))
    throw new TypeError(`the value of the header ${name} is invalid`);
  return text;
}

export { LightHeaders as Headers };
