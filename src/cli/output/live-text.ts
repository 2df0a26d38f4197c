import type { WriteStream } from "node:tty";
import { truncateText } from "../progress/text-width.js";
import { visibleText } from "./visible.js";

/** A text on a terminal that can be replaced by a new version. */
export class LiveText {
  readonly #terminal: WriteStream;
  #height = 0;

  constructor(terminal: WriteStream) {
    this.#terminal = terminal;
  }

  /** Shows the part of a version that fits on the screen; scrolled or wrapped lines could not be erased. */
  show(text: string): void {
    const { rows, columns } = this.#terminal;
    const lines = visibleText(text)
      .trimEnd()
      .split("\n")
      .slice(0, Math.max(1, rows - 1));
    this.#replace(lines.map((line) => `${truncateText(line, columns - 1)}\n`).join(""));
    this.#height = lines.length;
  }

  /** Shows the complete last version. */
  end(text: string): void {
    this.#replace(visibleText(text));
  }

  #replace(text: string): void {
    const erase = this.#height > 0 ? `\x1b[${this.#height}A\x1b[J` : "";
    this.#terminal.write(erase + text);
  }
}
