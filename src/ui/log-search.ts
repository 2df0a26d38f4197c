import type { LogLines } from "./log-lines.js";

/** The most matches that are counted. */
const most = 10_000;

/** Finds lines of a log that grows; what was searched is not searched again. */
export class LogSearch {
  #query = "";
  #searched = 0;
  #matches: number[] = [];

  constructor(private readonly log: LogLines) {}

  /** Numbers of the lines with a text, in any case; none for the empty text. */
  matches(query: string): readonly number[] {
    const wanted = query.toLowerCase();
    if (wanted !== this.#query) {
      this.#query = wanted;
      this.#searched = 0;
      this.#matches = [];
    }
    if (wanted === "") return [];
    const has = (index: number) => this.log.text(index).toLowerCase().includes(wanted);
    const { complete, count } = this.log;
    for (; this.#searched < complete && this.#matches.length < most; this.#searched++)
      if (has(this.#searched)) this.#matches.push(this.#searched);
    // The last line may still grow.
    return count > complete && has(complete) ? [...this.#matches, complete] : this.#matches;
  }

  /** The number of matches for people. */
  get title(): string {
    return this.#matches.length < most ? String(this.#matches.length) : `${most} or more`;
  }
}
