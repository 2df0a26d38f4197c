import { visibleLine } from "../output/visible.js";

/**
 * A minimal terminal emulator for the last lines of a program's output. It handles line feeds, carriage returns, cursor
 * movement and erasure, and drops colours, other sequences and invisible characters.
 */
export class Terminal {
  readonly #height: number;
  readonly #lines: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** The beginning of an incomplete control sequence. */
  #pending = "";

  /** @param height number of lines to keep */
  constructor(height: number) {
    this.#height = height;
  }

  /** The lines that are not blank, newest last. */
  get lines(): string[] {
    const texts = this.#lines.map((cells) =>
      Array.from(cells, (cell) => cell ?? " ")
        .join("")
        .trimEnd(),
    );
    return texts.filter(Boolean).slice(-this.#height);
  }

  write(text: string): void {
    const input = this.#pending + text;
    this.#pending = "";
    const tokens = input.matchAll(token);
    for (const match of tokens) {
      const [all, parameters, final] = match;
      if (all === "\x1b" || unfinished.test(all)) {
        // A longer text is not a control sequence.
        if (match.index + all.length === input.length && all.length < 64) this.#pending = all;
      } else if (final) this.#control(final, parameters!);
      else if (all[0] !== "\x1b") this.#put(all);
    }
  }

  #put(character: string): void {
    switch (character) {
      case "\n":
        this.#lineFeed();
        return;
      case "\r":
        this.#column = 0;
        return;
      case "\b":
        this.#column = Math.max(0, this.#column - 1);
        return;
      case "\t":
        this.#column += 8 - (this.#column % 8);
        return;
    }
    if (visibleLine(character) !== character) return;
    this.#lines[this.#row]![this.#column++] = character;
  }

  #lineFeed(): void {
    this.#column = 0;
    this.#row++;
    if (this.#row === this.#lines.length) this.#lines.push([]);
    // An empty last line does not count towards the height.
    if (this.#lines.length <= this.#height + 1) return;
    this.#lines.shift();
    this.#row--;
  }

  #control(final: string, parameters: string): void {
    const count = Math.max(1, Number.parseInt(parameters, 10) || 1);
    const line = this.#lines[this.#row]!;
    switch (final) {
      case "A":
        this.#row = Math.max(0, this.#row - count);
        return;
      case "B":
        this.#row = Math.min(this.#lines.length - 1, this.#row + count);
        return;
      case "C":
        // Limited, so that a line cannot fill the memory.
        this.#column = Math.min(this.#column + count, 1000);
        return;
      case "D":
        this.#column = Math.max(0, this.#column - count);
        return;
      case "G":
        this.#column = Math.min(count, 1000) - 1;
        return;
      case "K":
        if (parameters === "1") line.fill(" ", 0, this.#column + 1);
        else line.length = parameters === "2" ? 0 : Math.min(line.length, this.#column);
        return;
      case "J":
        if (parameters === "2") this.#clear();
        else this.#lines.length = this.#row + 1;
    }
  }

  #clear(): void {
    this.#lines.splice(0, this.#lines.length, []);
    this.#row = 0;
    this.#column = 0;
  }
}

const token =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences of terminals
  /\x1b\[([0-9;?]*)([@-~])|\x1b\[[0-9;?]*$|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[()*+#].|\x1b[^[\]]|./gsu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const unfinished = /^\x1b(?:\[[0-9;?]*|\][^\x07\x1b]*)$/;
