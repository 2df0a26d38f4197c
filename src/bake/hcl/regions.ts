/** Where a block or an attribute is in the text of a file. */
export interface Region {
  /** Type of the block ("target"); empty for an attribute outside of blocks. */
  readonly type: string;
  readonly label: string;
  /** Name of the attribute or of the block in the block; empty for the block itself. */
  readonly attribute: string;
  /** Offset of its first character. */
  readonly start: number;
  /** Offset behind its last character. */
  readonly end: number;
}

/** Finds blocks and attributes in a file in HCL or JSON that was parsed: the parsers do not say where they are. */
export function regionsOf(text: string): Region[] {
  return /^\s*\{/.test(text) ? new JsonScanner(text).file() : new Scanner(text).file();
}

/** Finds them in JSON, where blocks may be in arrays on each level. */
class JsonScanner {
  readonly #text: string;
  readonly #regions: Region[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  file(): Region[] {
    this.#value([]);
    return this.#regions;
  }

  /** A value below keys. */
  #value(path: readonly string[]): void {
    this.#skip(/[\s:,]*/y);
    const open = this.#text[this.#at];
    if (open === '"') this.#skip(/"(?:[^"\\]|\\.)*"/sy);
    else if (open !== "{" && open !== "[") this.#skip(/[^\s,\]}]+/y);
    else {
      this.#at += 1;
      for (;;) {
        this.#skip(/[\s,]*/y);
        const char = this.#text[this.#at];
        if (char === undefined || char === "}" || char === "]") break;
        if (open === "[") this.#value(path);
        else this.#member(path);
      }
      this.#at += 1;
    }
  }

  #member(path: readonly string[]): void {
    const start = this.#at;
    const key = this.#skip(/"(?:[^"\\]|\\.)*"/sy);
    const below = [...path, key && String(JSON.parse(key))];
    this.#value(below);
    const [type = "", label = "", attribute = ""] = below.length === 1 ? ["", "", below[0]] : below;
    if (below.length <= 3) this.#regions.push({ type, label, attribute, start, end: this.#at });
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }
}

const space = /\s/;
const nameStart = /[\p{ID_Start}_]/u;
const name = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;

class Scanner {
  readonly #text: string;
  readonly #regions: Region[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  file(): Region[] {
    this.#body("", "");
    return this.#regions;
  }

  /** Attributes and blocks up to the brace that ends them. */
  #body(type: string, label: string): void {
    for (;;) {
      this.#skipBlank();
      const start = this.#at;
      if (start >= this.#text.length) return;
      const word = this.#name();
      if (!word) {
        this.#at += 1;
        if (this.#text[start] === "}") return;
        continue;
      }
      this.#skipBlank();
      const isAttribute = this.#text[this.#at] === "=";
      const labels = isAttribute ? [] : this.#labels();
      this.#at += 1;
      const isNested = type !== "";
      const index = this.#regions.length;
      if (isAttribute) this.#expression();
      else this.#body(isNested ? type : word, isNested ? label : (labels[0] ?? ""));
      if (isNested) this.#regions.length = Math.min(this.#regions.length, index);
      const owner = isAttribute || isNested ? { type, label, attribute: word } : undefined;
      const region = owner ?? { type: word, label: labels[0] ?? "", attribute: "" };
      this.#regions.push({ ...region, start, end: this.#at });
    }
  }

  #labels(): string[] {
    const labels: string[] = [];
    while (this.#at < this.#text.length && this.#text[this.#at] !== "{") {
      const start = this.#at;
      if (this.#text[start] === '"') {
        this.#string();
        labels.push(this.#text.slice(start + 1, this.#at - 1));
      } else {
        const word = this.#name();
        if (word) labels.push(word);
        else this.#at += 1;
      }
      this.#skipBlank();
    }
    return labels;
  }

  /** An expression up to the end of its line, or to the brace that closes what is around it. */
  #expression(): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!;
      if (depth === 0 && (char === "\n" || char === "}")) return;
      if (char === '"') this.#string();
      else if (this.#text.startsWith("<<", this.#at)) this.#heredoc();
      else if (!this.#comment()) {
        if ("([{".includes(char)) depth += 1;
        if (")]}".includes(char)) depth -= 1;
        this.#at += 1;
      }
    }
  }

  #string(): void {
    this.#at += 1;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      const two = this.#text.slice(this.#at, this.#at + 2);
      const isEscaped = ["$", "%"].includes(this.#text[this.#at - 1]!) && two[0] === this.#text[this.#at - 1];
      if (two[0] === "\\") this.#at += 2;
      else if ((two === "${" || two === "%{") && !isEscaped) {
        this.#at += 2;
        this.#interpolation();
      } else this.#at += 1;
    }
    this.#at += 1;
  }

  /** What is between braces in a string, with its closing brace. */
  #interpolation(): void {
    let depth = 1;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!;
      if (char === '"') this.#string();
      else {
        if (char === "{") depth += 1;
        if (char === "}") depth -= 1;
        this.#at += 1;
        if (depth === 0) return;
      }
    }
  }

  #heredoc(): void {
    const [start = "<<", word = ""] =
      /^<<-?([^\s]+)[^\n]*\n/.exec(this.#text.slice(this.#at, this.#at + 500)) ?? [];
    this.#at += start.length;
    while (word && this.#at < this.#text.length) {
      const newline = this.#text.indexOf("\n", this.#at);
      const end = newline < 0 ? this.#text.length : newline;
      const isLast = this.#text.slice(this.#at, end).trim() === word;
      this.#at = isLast ? end : end + 1;
      if (isLast) return;
    }
  }

  #name(): string {
    if (!nameStart.test(this.#text[this.#at] ?? "")) return "";
    name.lastIndex = this.#at;
    const [found = ""] = name.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  #skipBlank(): void {
    while (this.#at < this.#text.length && (space.test(this.#text[this.#at]!) || this.#comment())) {
      if (space.test(this.#text[this.#at] ?? "")) this.#at += 1;
    }
  }

  /** Skips a comment, but not the end of its line. */
  #comment(): boolean {
    const isLine = this.#text[this.#at] === "#" || this.#text.startsWith("//", this.#at);
    if (!isLine && !this.#text.startsWith("/*", this.#at)) return false;
    const end = this.#text.indexOf(isLine ? "\n" : "*/", this.#at + (isLine ? 0 : 2));
    this.#at = end < 0 ? this.#text.length : isLine ? end : end + 2;
    return true;
  }
}
