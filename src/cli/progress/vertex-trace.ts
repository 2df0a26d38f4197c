import { StringDecoder } from "node:string_decoder";
import type {
  Vertex,
  VertexLog,
  VertexStatus,
  VertexWarning,
} from "../../gen/slipway/build/v1/build_progress_pb.js";
import { type Interval, mergeIntervals } from "./intervals.js";
import { millis } from "./time.js";

/** Number of shown lines that are kept for the report of a failure. */
const maxShownLines = 1000;

/** The state of a step, or of a group of steps that is shown as one. */
export class VertexTrace {
  name: string;
  cached = false;
  /** Error of a failed step; otherwise empty. */
  error = "";
  /** Not shown: a group of which no visible member has started. */
  hidden: boolean;
  /** The intervals in which it ran; several if it was restarted. */
  intervals: Interval[] = [];
  /** Tasks of the step, in order of their start. */
  readonly statuses: VertexStatus[] = [];
  /** Ids of tasks that changed since they were last printed. */
  readonly changedStatuses = new Set<string>();
  readonly warnings: VertexWarning[] = [];
  /** Lines of output, each with its time. The last one can be incomplete. A display drops those that it has shown. */
  readonly lines: string[] = [];
  /** Number of lines dropped from the beginning of `lines`. */
  droppedLines = 0;
  /** The last line is incomplete. */
  partialLine = false;
  /** Called with each chunk of output, for a display that emulates a terminal. */
  onOutput?: (text: string) => void;
  /** Size of the output in bytes. */
  outputBytes = 0;
  /** Number of changes since the output last switched to another step, and the time of the first one. */
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

  /** It ended because the build was cancelled. BuildKit reports this as an error. */
  get isCanceled(): boolean {
    return this.error.endsWith("context canceled");
  }

  /** It failed, and was not cancelled. */
  get isFailed(): boolean {
    return this.error !== "" && !this.isCanceled;
  }

  /** Whether a report about a started step contains a change. */
  differs(vertex: Vertex, name: string): boolean {
    return (
      name !== this.name ||
      vertex.cached !== this.cached ||
      vertex.error !== this.error ||
      vertex.endTime !== undefined ||
      !this.#intervalByStart.has(millis(vertex.startTime)!)
    );
  }

  set(vertex: Vertex, name: string): void {
    this.name = name;
    this.cached = vertex.cached;
    this.error = vertex.error;
  }

  /** Adds an interval of the step. Returns true if it changed. */
  addInterval(start: number, stop: number | undefined): boolean {
    const known = this.#intervalByStart.get(start);
    if (known && known.stop === stop) return false;
    this.#intervalByStart.set(start, { start, stop });
    this.intervals = mergeIntervals(this.#intervalByStart.values());
    return true;
  }

  setStatus(status: VertexStatus): void {
    const known = this.#statusById.get(status.id);
    // A task that has not started has no line yet, as in BuildKit.
    if (known !== undefined) this.statuses[known] = status;
    else if (status.startTime) this.#statusById.set(status.id, this.statuses.push(status) - 1);
    this.changedStatuses.add(status.id);
  }

  appendLog(log: VertexLog, time: number): void {
    this.outputBytes += log.data.length;
    const text = this.#decoder(log.stream).write(log.data as Buffer);
    if (text === "") return;
    this.onOutput?.(text);
    const parts = text.split("\n");
    const endsLine = parts.at(-1) === "";
    if (endsLine) parts.pop();
    parts.forEach((part, index) => {
      if (index === 0 && this.partialLine && this.lines.length > 0) this.lines[this.lines.length - 1] += part;
      else this.lines.push(`${this.#offset(time)} ${part}`);
    });
    this.partialLine = !endsLine;
  }

  /** Drops lines, all of which have been shown, but keeps the newest ones for the report of a failure. */
  dropShownLines(): void {
    const excess = this.lines.length - maxShownLines;
    if (excess <= 0) return;
    this.lines.splice(0, excess);
    this.droppedLines += excess;
  }

  touch(now: number): void {
    if (this.changes === 0) this.changesSince = now;
    this.changes++;
  }

  /** Seconds since the step's start, with BuildKit's number of digits. */
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
