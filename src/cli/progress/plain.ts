import type { BuildProgress } from "../../gen/slipway/v1/build_event_pb.js";
import type { Display, DisplayOptions } from "./display.js";
import { errorReport } from "./error-report.js";
import { formatAmount } from "./format-progress.js";
import { totalSeconds } from "./intervals.js";
import { millis } from "./time.js";
import { Trace } from "./trace.js";
import type { VertexTrace } from "./vertex-trace.js";

/** How long a busy step may hold the screen before others get a turn, in milliseconds. */
const antiFlicker = 5_000;
/** How long a step may stay unseen, in milliseconds. */
const maxDelay = 10_000;
/** A status is printed again when it moved by this share, or after this many milliseconds. */
const minProgress = 0.05;
const minInterval = 5_000;
/** Lines of output repeated in the report of a failure. */
const reportLines = 10;

/** What has been printed of a step. */
interface Printed {
  /** The number in "#5". */
  index: number;
  /** Lines printed whole, counted from the first one ever. */
  lines: number;
  /** Characters printed of the line after them. */
  characters: number;
  warnings: number;
}

/** BuildKit's plain format: one step's lines together where possible, each line with the number of its step. */
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
    this.#description = `building with "${builder}" instance using ${driver} driver`;
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
    const report = errorReport(this.#trace, reportLines);
    if (report) this.#options.write(report);
  }

  /** Ended steps first, in order of their end; then one of those that run. */
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
    this.#turnToAnother(running, before, endedFirst.length > 0);
  }

  /** Gives the screen to the busiest step, unless the one that has it deserves to keep it. */
  #turnToAnother(running: Set<VertexTrace>, before: VertexTrace | undefined, beforeEnded: boolean): void {
    const now = this.#options.now();
    if (before) running.add(before);
    const rows = [...running].map((step) => {
      const waiting = now - step.changesSince;
      return { step, waiting, speed: step.changes / waiting, overdue: waiting > maxDelay && step !== before };
    });
    let busiest = rows[0]!;
    for (const row of rows) if (row.overdue || busiest.speed < row.speed) busiest = row;
    const overdue = rows.find((row) => row.overdue);
    const mine = rows.find((row) => row.step === before);
    if (!mine || beforeEnded) this.#print(busiest.step);
    else if (overdue) this.#print(overdue.step);
    else {
      const share = mine.speed / rows.reduce((sum, row) => sum + row.speed, 0);
      if (antiFlicker / (1 - share) < mine.waiting) this.#print(busiest.step);
    }
  }

  #print(step: VertexTrace): void {
    const printed = this.#printedOf(step);
    this.#turnTo(step, printed);
    const line = (text: string) => {
      this.#text += `#${printed.index} ${text}\n`;
    };
    const hasOpenStatus = this.#printStatuses(step, line);
    for (; printed.warnings < step.warnings.length; printed.warnings++) {
      line(`WARN: ${step.warnings[printed.warnings]!.short}`);
    }
    this.#printOutput(step, printed);
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

  /** Says whose lines follow, unless they follow its own. */
  #turnTo(step: VertexTrace, printed: Printed): void {
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

  /** Prints statuses that moved enough; true if one of them is still open. */
  #printStatuses(step: VertexTrace, line: (text: string) => void): boolean {
    let open = false;
    for (const status of step.statuses) {
      if (!step.changedStatuses.has(status.id)) continue;
      const time = millis(status.time) ?? this.#options.now();
      const last = this.#shownStatuses.get(status.id);
      if (last && !status.completeTime) {
        const moved = status.total > 0n ? Number(status.current - last.current) / Number(status.total) : 0;
        if (moved < minProgress && time - last.time < minInterval) continue;
      }
      this.#shownStatuses.set(status.id, { current: status.current, time });
      const seconds = status.startTime
        ? ((millis(status.completeTime) ?? time) - millis(status.startTime)) / 1000
        : 0;
      const amount = formatAmount(status);
      const words = [status.id, amount, seconds > 0.01 ? `${seconds.toFixed(1)}s` : ""];
      if (status.completeTime) words.push("done");
      else open = true;
      line(words.filter(Boolean).join(" "));
    }
    step.changedStatuses.clear();
    return open;
  }

  #printOutput(step: VertexTrace, printed: Printed): void {
    printed.lines = Math.max(printed.lines, step.droppedLines);
    for (let index = printed.lines - step.droppedLines; index < step.lines.length; index++) {
      const text = step.lines[index]!;
      this.#text += printed.characters > 0 ? text.slice(printed.characters) : `#${printed.index} ${text}`;
      if (index === step.lines.length - 1 && step.partialLine) {
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
