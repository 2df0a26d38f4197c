import { type LogSpan, type LogStyle, plainStyle, plainText, spansOf, styleAfter } from "./log-style.js";

/** Longest line, in UTF-16 units: a longer one continues in the next, so that one line cannot block the page. */
export const maxLineLength = 4000;

/** Most lines have nothing else. */
const plain = /^[\t\x20-\x7e]*$/;
/** Controls but tabs and the begin of a colour, and characters that hide text or reverse its direction. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as it says
const invisible = /(?![\t\x1b])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** Sequences of a terminal but colours: they move the cursor, clear the screen or set a title. */
const sequence =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: sequences of terminals
  /(\x1b\[[\d;:]*m)|\x1b\[[\x20-\x3f]*[\x40-\x7e]?|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[\x20-\x2f]*[\x30-\x7e]?/g;

/** The output of a step as lines. It only grows. */
export class LogLines {
  /** Complete lines; of what a terminal does, only colours are left. */
  readonly #lines: string[] = [];
  /** The styles at the begin of lines that do not begin plainly. */
  readonly #styles = new Map<number, LogStyle>();
  readonly #bytes: Uint8Array<ArrayBuffer>[] = [];
  readonly #decoders = new Map<number, TextDecoder>();
  #open = "";
  #style = plainStyle;

  /** Number of complete lines. */
  get complete(): number {
    return this.#lines.length;
  }

  /** Number of lines, with one that is not complete. */
  get count(): number {
    return this.#lines.length + (this.#open === "" ? 0 : 1);
  }

  /** Adds bytes of one of the step's streams; what is not UTF-8 becomes U+FFFD. */
  append(bytes: Uint8Array, stream: number): void {
    this.#bytes.push(bytes as Uint8Array<ArrayBuffer>);
    let decoder = this.#decoders.get(stream);
    if (!decoder) {
      decoder = new TextDecoder();
      this.#decoders.set(stream, decoder);
    }
    const lines = (this.#open + decoder.decode(bytes, { stream: true })).split("\n");
    this.#open = lines.pop()!;
    for (const line of lines) this.#add(line);
    while (this.#open.length > maxLineLength) {
      this.#push(shown(this.#open.slice(0, maxLineLength)));
      this.#open = this.#open.slice(maxLineLength);
    }
  }

  /** A line by its number from 0, for people to see. */
  spans(index: number): LogSpan[] {
    return spansOf(this.#line(index), this.#styles.get(index) ?? plainStyle);
  }

  /** A line without its colours. */
  text(index: number): string {
    return plainText(this.#line(index));
  }

  /** All bytes as they were. */
  bytes(): Uint8Array<ArrayBuffer>[] {
    return this.#bytes;
  }

  #line(index: number): string {
    return this.#lines[index] ?? shown(this.#open);
  }

  #add(line: string): void {
    for (let from = 0; from === 0 || from < line.length; from += maxLineLength)
      this.#push(shown(line.slice(from, from + maxLineLength)));
  }

  #push(line: string): void {
    this.#lines.push(line);
    if (line.includes("\x1b")) this.#style = styleAfter(line, this.#style);
    // The line that follows.
    if (this.#style !== plainStyle) this.#styles.set(this.#lines.length, this.#style);
  }
}

/** A line as a terminal would leave it: what follows the last carriage return, with colours alone. */
function shown(line: string): string {
  if (plain.test(line)) return line;
  const written = line.replace(/\r+$/, "");
  return written
    .slice(written.lastIndexOf("\r") + 1)
    .replace(sequence, (_all, color?: string) => color ?? "")
    .replace(invisible, "\ufffd");
}
