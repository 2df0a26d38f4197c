import type { BuildProgress } from "../../gen/slipway/build/v1/build_progress_pb.js";
import { visibleLine, visibleOutput, withoutOpenColor } from "../output/visible.js";
import type { Display, DisplayOptions } from "./display.js";
import { errorReport } from "./error-report.js";
import { formatAmount } from "./format-progress.js";
import { totalSeconds } from "./intervals.js";
import { millis } from "./time.js";
import { Trace } from "./trace.js";
import type { VertexTrace } from "./vertex-trace.js";

/** How long a busy step keeps the output before another step is printed, in milliseconds. */
const antiFlicker = 5_000;
/** Maximum delay of a step's output, in milliseconds. */
const maxDelay = 10_000;
/** A status is printed again after this fraction of progress, or after this many milliseconds. */
const minProgress = 0.05;
const minInterval = 5_000;
/** Lines of output in the report of a failed step. */
const reportLines = 10;

/** The printed part of a step. */
interface Printed {
  /** The number in "#5". */
  index: number;
  /** Number of lines printed completely. */
  lines: number;
  /** Number of characters printed of the next line. */
  characters: number;
  warnings: number;
}

/** BuildKit's plain format: each line has the number of its step, and lines of a step are grouped where possible. */
export class PlainDisplay implements Display {
  readonly #trace: Trace;
  readonly #options: DisplayOptions;
  readonly #printed = new Map<VertexTrace, Printed>();
  readonly #shownStatuses = new Map<string, { current: bigint; time: number }>();
  #current: VertexTrace | undefined;
  #description = "";
  #isFirst = true;
  #text = "";

  constructor(options: DisplayOptions) {
    this.#options = options;
    this.#trace = new Trace(options.now);
  }

  describe({ builder, driver }: { builder: string; driver: string }): void {
    this.#description = visibleLine(`building with "${builder}" instance using ${driver} driver`);
  }

  update(progress: BuildProgress): void {
    this.#trace.update(progress);
  }

  refresh(): void {
    this.#printUpdates();
    if (this.#text) this.#options.write(this.#text);
    this.#text = "";
  }

  close(): void {
    this.refresh();
    // The build can end before each step has had its turn.
    for (const step of this.#trace.updated) if (!step.hidden) this.#print(step);
    if (this.#text) this.#options.write(this.#text);
    const report = errorReport(this.#trace, reportLines);
    if (report) this.#options.write(report);
  }

  /** Prints completed steps in order of their end, then one running step. */
  #printUpdates(): void {
    const updated = [...this.#trace.updated].filter((step) => !step.hidden);
    const endOf = (step: VertexTrace) => step.intervals.at(-1)!.stop!;
    const before = this.#current;
    const ended = updated.filter((step) => step.isCompleted);
    const endedFirst = ended.includes(before!) ? [before!] : [];
    const others = ended.filter((step) => step !== before).sort((a, b) => endOf(a) - endOf(b));
    for (const step of [...endedFirst, ...others]) this.#print(step);

    const running = new Set(updated.filter((step) => !step.isCompleted));
    if (running.size === 0) {
      if (before?.isStarted && !before.isCompleted) return;
      const open = [...this.#trace.steps()].find((step) => step.isStarted && !step.isCompleted);
      if (open) this.#print(open);
      return;
    }
    if (before && running.has(before)) this.#print(before);
    this.#switchToBusiest(running, before, endedFirst.length > 0);
  }

  /** Switches the output to the busiest step, unless the current step is busy enough to keep it. */
  #switchToBusiest(running: Set<VertexTrace>, before: VertexTrace | undefined, beforeEnded: boolean): void {
    const now = this.#options.now();
    if (before) running.add(before);
    const rows = [...running].map((step) => {
      const waiting = now - step.changesSince;
      return { step, waiting, speed: step.changes / waiting, overdue: waiting > maxDelay && step !== before };
    });
    let busiest = rows[0]!;
    for (const row of rows) if (row.overdue || busiest.speed < row.speed) busiest = row;
    const overdue = rows.find((row) => row.overdue);
    const current = rows.find((row) => row.step === before);
    if (!current || beforeEnded) this.#print(busiest.step);
    else if (overdue) this.#print(overdue.step);
    else {
      const share = current.speed / rows.reduce((sum, row) => sum + row.speed, 0);
      if (antiFlicker / (1 - share) < current.waiting) this.#print(busiest.step);
    }
  }

  #print(step: VertexTrace): void {
    const printed = this.#printedOf(step);
    this.#switchTo(step, printed);
    const line = (text: string) => {
      this.#text += `#${printed.index} ${text}\n`;
    };
    const hasOpenStatus = this.#printStatuses(step, line);
    for (; printed.warnings < step.warnings.length; printed.warnings++) {
      line(`WARN: ${step.warnings[printed.warnings]!.short}`);
    }
    this.#printOutput(step, printed);
    step.dropShownLines();
    if (step.isCompleted && !hasOpenStatus) {
      this.#current = undefined;
      step.changes = 0;
      if (step.partialLine) this.#text += "\n";
      line(this.#outcome(step));
    }
    this.#trace.updated.delete(step);
  }

  #printedOf(step: VertexTrace): Printed {
    let printed = this.#printed.get(step);
    if (!printed) {
      printed = { index: this.#printed.size + 1, lines: 0, characters: 0, warnings: 0 };
      this.#printed.set(step, printed);
    }
    return printed;
  }

  /** Prints the header of a step if the previous lines are of another step. */
  #switchTo(step: VertexTrace, printed: Printed): void {
    const old = this.#current;
    if (step === old) return;
    if (old) {
      const its = this.#printedOf(old);
      if (old.partialLine) this.#text += "\n";
      its.characters = 0;
      old.changes = 0;
      this.#text += `#${its.index} ...\n`;
    }
    if (!this.#isFirst) this.#text += "\n";
    else if (this.#description) this.#text += `#0 ${this.#description}\n\n`;
    this.#isFirst = false;
    this.#text += `#${printed.index} ${step.name}\n`;
    this.#current = step;
  }

  /** Prints statuses with enough progress. Returns true if one of them is not completed. */
  #printStatuses(step: VertexTrace, line: (text: string) => void): boolean {
    let open = false;
    for (const status of step.statuses) {
      if (!step.changedStatuses.has(status.id)) continue;
      const time = millis(status.time) ?? this.#options.now();
      const last = this.#shownStatuses.get(status.id);
      if (last && !status.endTime) {
        const moved = status.total > 0n ? Number(status.current - last.current) / Number(status.total) : 0;
        if (moved < minProgress && time - last.time < minInterval) continue;
      }
      this.#shownStatuses.set(status.id, { current: status.current, time });
      const seconds = status.startTime
        ? ((millis(status.endTime) ?? time) - millis(status.startTime)) / 1000
        : 0;
      const amount = formatAmount(status);
      const words = [status.id, amount, seconds > 0.01 ? `${seconds.toFixed(1)}s` : ""];
      if (status.endTime) words.push("done");
      else open = true;
      line(words.filter(Boolean).join(" "));
    }
    step.changedStatuses.clear();
    return open;
  }

  #printOutput(step: VertexTrace, printed: Printed): void {
    for (let index = printed.lines - step.droppedLines; index < step.lines.length; index++) {
      const isPartial = index === step.lines.length - 1 && step.partialLine;
      const line = step.lines[index]!;
      const text = visibleOutput(isPartial ? withoutOpenColor(line) : line);
      this.#text += printed.characters > 0 ? text.slice(printed.characters) : `#${printed.index} ${text}`;
      if (isPartial) {
        printed.characters = text.length;
        return;
      }
      this.#text += "\n";
      printed.characters = 0;
      printed.lines++;
    }
  }

  #outcome(step: VertexTrace): string {
    if (step.isCanceled) return "CANCELED";
    if (step.error) return `ERROR: ${step.error}`;
    if (step.cached) return "CACHED";
    return `DONE ${totalSeconds(step.intervals, this.#options.now()).toFixed(1)}s`;
  }
}
