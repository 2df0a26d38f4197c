import type { WriteStream } from "node:tty";
import { truncateText } from "../progress/text-width.js";

/** A text on a terminal whose next version takes its place. */
export class LiveText {
  readonly #terminal: WriteStream;
  #height = 0;

  constructor(terminal: WriteStream) {
    this.#terminal = terminal;
  }

  /** Shows as much of a version as fits on the screen, since what has scrolled or wrapped could not be taken back. */
  show(text: string): void {
    const { rows, columns } = this.#terminal;
    const lines = text
      .trimEnd()
      .split("\n")
      .slice(0, Math.max(1, rows - 1));
    this.#replace(lines.map((line) => `${truncateText(line, columns - 1)}\n`).join(""));
    this.#height = lines.length;
  }

  /** Shows all of the last version. */
  end(text: string): void {
    this.#replace(text);
  }

  #replace(text: string): void {
    const erase = this.#height > 0 ? `\x1b[${this.#height}A\x1b[J` : "";
    this.#terminal.write(erase + text);
  }
}
