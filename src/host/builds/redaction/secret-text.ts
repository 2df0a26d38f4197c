/** Length of the beginning that is looked for first, in characters: most texts do not have it, and it is found fast. */
const beginningLength = 32;

/**
 * A secret to search for. A search takes time that is linear in the text, whatever the two contain (the algorithm of
 * Knuth, Morris and Pratt).
 */
export class SecretText {
  /** For each length of a beginning: that of the longest shorter beginning that it ends with. */
  #borders: Uint32Array | undefined;

  constructor(private readonly secret: string) {}

  get length(): number {
    return this.secret.length;
  }

  /** Whether a text contains the secret. */
  isIn(text: string): boolean {
    return !this.ends(text).next().done;
  }

  /** Where the occurrences in a text end, in order, also of those that overlap. */
  *ends(text: string): Generator<number> {
    const first = text.indexOf(this.secret.slice(0, beginningLength));
    if (first < 0) return;
    for (let at = first, matched = 0; at < text.length; at++) {
      matched = this.#extend(matched, text.charCodeAt(at));
      if (matched === this.length) yield at + 1;
    }
  }

  /** How many characters at the end of a text may begin the secret: fewer than it has. */
  begunIn(text: string): number {
    let matched = 0;
    for (let at = Math.max(0, text.length - this.length + 1); at < text.length; at++)
      matched = this.#extend(matched, text.charCodeAt(at));
    return matched;
  }

  #extend(matched: number, next: number): number {
    this.#borders ??= this.#findBorders();
    return extended(this.secret, this.#borders, matched, next);
  }

  #findBorders(): Uint32Array {
    const borders = new Uint32Array(this.length + 1);
    for (let at = 1; at < this.length; at++)
      borders[at + 1] = extended(this.secret, borders, borders[at]!, this.secret.charCodeAt(at));
    return borders;
  }
}

/** How much of a secret is matched after one more character. */
function extended(secret: string, borders: Uint32Array, matched: number, next: number): number {
  let length = matched === secret.length ? borders[matched]! : matched;
  while (length > 0 && secret.charCodeAt(length) !== next) length = borders[length]!;
  return secret.charCodeAt(length) === next ? length + 1 : 0;
}
