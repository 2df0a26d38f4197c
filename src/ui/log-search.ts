import type { LogLines } from "./log-lines.js";
import { Observable } from "./observable.js";

/** The most matches that are counted. */
const most = 10_000;
/** How long it searches before the browser has its turn, in milliseconds. */
const sliceMs = 8;
/** Lines between two looks at the clock. */
const batch = 256;

/**
 * Finds the lines of a log that have a text, in any case. It searches in slices, between which the page goes on, and
 * tells of what it found. What was searched is not searched again when the log grows.
 */
export class LogSearch extends Observable {
  #query = "";
  #searched = 0;
  #matches: number[] = [];
  #next: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly log: LogLines) {
    super();
  }

  /** Begins to search for another text; the search for the former one ends. */
  find(text: string): void {
    this.#query = text.toLowerCase();
    this.#searched = 0;
    this.#matches = [];
    this.resume();
  }

  /** Goes on, also with the lines that have come since. */
  resume(): void {
    this.pause();
    if (this.#query === "") return;
    const end = performance.now() + sliceMs;
    while (!this.#isDone && performance.now() < end) this.#searchBatch();
    this.changed();
    if (!this.#isDone) this.#next = setTimeout(() => this.resume());
  }

  /** Stops until {@link resume}. */
  pause(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
  }

  /** Whether there may be more matches than those found until now. */
  get isSearching(): boolean {
    return this.#next !== undefined;
  }

  /** Numbers of the lines found until now; none for the empty text. */
  get matches(): readonly number[] {
    const { complete, count } = this.log;
    // The last line may still grow.
    return this.#query !== "" && count > complete && this.#has(complete)
      ? [...this.#matches, complete]
      : this.#matches;
  }

  /** The number of matches for people. */
  get title(): string {
    if (this.#matches.length >= most) return `${most} or more`;
    return `${this.matches.length}${this.isSearching ? "…" : ""}`;
  }

  get #isDone(): boolean {
    return this.#searched >= this.log.complete || this.#matches.length >= most;
  }

  #searchBatch(): void {
    const end = Math.min(this.log.complete, this.#searched + batch);
    for (; this.#searched < end && this.#matches.length < most; this.#searched++)
      if (this.#has(this.#searched)) this.#matches.push(this.#searched);
  }

  #has(index: number): boolean {
    return this.log.text(index).toLowerCase().includes(this.#query);
  }
}
