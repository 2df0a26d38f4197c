import type { DebugProtocol } from "@vscode/debugprotocol";

/** A value that an editor shows, with those in it. */
export interface Value {
  readonly name: string;
  readonly value: string;
  /** Absent for a value without parts. */
  readonly parts?: Parts;
}

/** Loads the values in a value when the user opens it. */
export type Parts = () => readonly Value[] | Promise<readonly Value[]>;

/** The values of a build that is held, by the numbers under which an editor asks for them. */
export class Variables {
  readonly #parts = new Map<number, Parts>();
  #last = 0;

  /** The number of values; never 0, which stands for none. */
  add(parts: Parts): number {
    this.#last++;
    this.#parts.set(this.#last, parts);
    return this.#last;
  }

  /** Throws for a number of an earlier stop. */
  async get(reference: number): Promise<DebugProtocol.Variable[]> {
    const parts = this.#parts.get(reference);
    if (!parts) throw new Error("The build has gone on since.");
    return (await parts()).map(({ name, value, parts: inner }) => ({
      name,
      value,
      variablesReference: inner ? this.add(inner) : 0,
    }));
  }

  /** Forgets the values: the build goes on. Numbers are not used again. */
  clear(): void {
    this.#parts.clear();
  }
}
