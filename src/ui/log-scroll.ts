/** The tallest that the element with the lines becomes, in pixels: browsers cut off what is below 17 to 33 million. */
export const maxHeight = 10_000_000;

/** At both ends of a taller log, this many pixels of the element are as many of the log, so that no line there is skipped. */
const exact = 1_000_000;

/** A longer way at once, in pixels, is a jump, such as that of the scroll bar's thumb; wheels, keys and fingers move less. */
const jump = 5_000;

/**
 * Where in a log an element is scrolled to. The element is not as tall as a log of millions of lines: jumps go to the
 * same share of the log, and shorter ways are as long in the log as in the element.
 */
export class LogScroll {
  #content = 0;
  #view = 0;
  #position = 0;
  #offset = 0;

  /** Height of the element's content, in pixels. */
  get height(): number {
    return Math.min(this.#content, maxHeight);
  }

  /** What is at the upper edge of the view, in pixels from the begin of the log. */
  get top(): number {
    return this.#position + this.#offset;
  }

  /** What to add to a position in the element for that in the log, in pixels. */
  get offset(): number {
    return this.#offset;
  }

  /** The last {@link top}, in pixels. */
  get end(): number {
    return Math.max(0, this.#content - this.#view);
  }

  /** Whether the element is at its end and the log is not, as after it grew. Then nobody could scroll on. */
  get isBlocked(): boolean {
    return this.#position >= this.#last - 1 && this.top < this.end - 1;
  }

  /** Sets the heights of the whole log and of what can be seen of it, in pixels. */
  resize(content: number, view: number): void {
    this.#content = content;
    this.#view = view;
  }

  /** Notes that the element was scrolled to a position. */
  moved(position: number): void {
    const isAtEdge = position <= 0 || position >= this.#last - 1;
    if (isAtEdge || Math.abs(position - this.#position) > jump)
      this.#offset = Math.round(this.#topAt(position)) - Math.round(position);
    this.#position = position;
  }

  /** The position to scroll the element to, so that a part of the log is at the upper edge. */
  positionOf(top: number): number {
    const [last, end] = [this.#last, this.end];
    if (top <= exact || last === end) return top;
    if (top >= end - exact) return last - (end - top);
    return Math.round(exact + (top - exact) / this.#ratio);
  }

  /** Notes that a part of the log is at the upper edge, with the element at a position near {@link positionOf} it. */
  placed(top: number, position: number): void {
    this.#position = position;
    this.#offset = Math.round(top - position);
  }

  /** The last position of the element. */
  get #last(): number {
    return Math.max(0, this.height - this.#view);
  }

  /** Pixels of the log for each of the element, between the ends. */
  get #ratio(): number {
    return (this.end - 2 * exact) / (this.#last - 2 * exact);
  }

  #topAt(position: number): number {
    const [last, end] = [this.#last, this.end];
    if (position <= exact || last === end) return position;
    if (position >= last - exact) return end - (last - position);
    return exact + (position - exact) * this.#ratio;
  }
}
