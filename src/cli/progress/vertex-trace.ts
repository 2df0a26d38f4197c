import { StringDecoder } from "node:string_decoder";
import type { Vertex, VertexLog, VertexStatus, VertexWarning } from "../../gen/slipway/v1/build_event_pb.js";
import { type Interval, mergeIntervals } from "./intervals.js";
import { millis } from "./time.js";

/** How many lines of output are kept for the report of a failure. */
const keptLines = 1000;

/** What is known of one step, or of a group of steps that is shown as one. */
export class VertexTrace {
  name: string;
  cached = false;
  /** Why it failed; empty otherwise. */
  error = "";
  /** It has no line of its own, being a group of which nothing worth showing has started. */
  hidden: boolean;
  /** When it ran; more than one if it was started again. */
  intervals: Interval[] = [];
  /** Work within the step, in the order in which it started. */
  readonly statuses: VertexStatus[] = [];
  /** Ids of statuses that changed since they were last printed. */
  readonly changedStatuses = new Set<string>();
  readonly warnings: VertexWarning[] = [];
  /** The newest lines of output, each after its time; the last one may still grow. */
  readonly lines: string[] = [];
  /** Number of lines that `lines` has lost at its beginning. */
  droppedLines = 0;
  /** The last line has no line end yet. */
  partialLine = false;
  /** Called with each piece of output, for a display that emulates a terminal. */
  onOutput?: (text: string) => void;
  /** Size of the output in bytes. */
  outputBytes = 0;
  /** Changes since the printer last turned to another step, and when the first of them came. */
  changes = 0;
  changesSince = 0;

  readonly #statusById = new Map<string, number>();
  readonly #intervalByStart = new Map<number, Interval>();
  readonly #decoders = new Map<number, StringDecoder>();

  constructor(name: string, hidden = false) {
    this.name = name;
    this.hidden = hidden;
  }

  get isStarted(): boolean {
    return this.intervals.length > 0;
  }

  get isCompleted(): boolean {
    return this.intervals.at(-1)?.stop !== undefined;
  }

  /** It ended because the build was cancelled, which BuildKit reports as an error. */
  get isCanceled(): boolean {
    return this.error.endsWith("context canceled");
  }

  /** It failed on its own account. */
  get isFailed(): boolean {
    return this.error !== "" && !this.isCanceled;
  }

  /** Whether a report about a started step says something new. */
  differs(vertex: Vertex, name: string): boolean {
    return (
      name !== this.name ||
      vertex.cached !== this.cached ||
      vertex.error !== this.error ||
      vertex.completeTime !== undefined ||
      !this.#intervalByStart.has(millis(vertex.startTime)!)
    );
  }

  set(vertex: Vertex, name: string): void {
    this.name = name;
    this.cached = vertex.cached;
    this.error = vertex.error;
  }

  /** Adds a run of the step; true if it was not known like this. */
  addInterval(start: number, stop: number | undefined): boolean {
    const known = this.#intervalByStart.get(start);
    if (known && known.stop === stop) return false;
    this.#intervalByStart.set(start, { start, stop });
    this.intervals = mergeIntervals(this.#intervalByStart.values());
    return true;
  }

  setStatus(status: VertexStatus): void {
    const known = this.#statusById.get(status.id);
    // Work that has not started has no line yet, as in BuildKit.
    if (known !== undefined) this.statuses[known] = status;
    else if (status.startTime) this.#statusById.set(status.id, this.statuses.push(status) - 1);
    this.changedStatuses.add(status.id);
  }

  appendLog(log: VertexLog, time: number): void {
    this.outputBytes += log.data.length;
    const text = this.#decoder(log.stream).write(log.data as Buffer);
    if (text === "") return;
    this.onOutput?.(text);
    const pieces = text.split("\n");
    const endsLine = pieces.at(-1) === "";
    if (endsLine) pieces.pop();
    pieces.forEach((piece, index) => {
      if (index === 0 && this.partialLine && this.lines.length > 0)
        this.lines[this.lines.length - 1] += piece;
      else this.lines.push(`${this.#offset(time)} ${piece}`);
    });
    this.partialLine = !endsLine;
    const excess = this.lines.length - keptLines;
    if (excess > 0) {
      this.lines.splice(0, excess);
      this.droppedLines += excess;
    }
  }

  touch(now: number): void {
    if (this.changes === 0) this.changesSince = now;
    this.changes++;
  }

  /** Seconds since the step's start, with as many digits as BuildKit gives. */
  #offset(time: number): string {
    const seconds = this.isStarted ? (time - this.intervals.at(-1)!.start) / 1000 : 0;
    return seconds.toFixed(seconds < 10 ? 3 : seconds < 100 ? 2 : 1);
  }

  #decoder(stream: number): StringDecoder {
    const decoder = this.#decoders.get(stream) ?? new StringDecoder("utf8");
    this.#decoders.set(stream, decoder);
    return decoder;
  }
}
