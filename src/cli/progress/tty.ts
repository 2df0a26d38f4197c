import type { BuildProgress } from "../../gen/slipway/build/v1/build_progress_pb.js";
import { visibleLine } from "../output/visible.js";
import { type Colors, colorsOf } from "./colors.js";
import type { Display, DisplayOptions } from "./display.js";
import { errorReport } from "./error-report.js";
import { fitRows, type Row, rowsOf } from "./frame.js";
import { Terminal } from "./terminal.js";
import { textWidth, truncateText } from "./text-width.js";
import { Trace } from "./trace.js";
import type { VertexTrace } from "./vertex-trace.js";

/** Options of {@link TtyDisplay}. */
export interface TtyOptions extends DisplayOptions {
  /** The terminal, whose size can change. */
  terminal: { columns?: number; rows?: number };
  /** For NO_COLOR, BUILDKIT_COLORS and BUILDKIT_TTY_LOG_LINES. */
  env: NodeJS.ProcessEnv;
}

/** The live view: a line for each step with its time, and the last output of running steps. */
export class TtyDisplay implements Display {
  readonly #options: TtyOptions;
  readonly #trace: Trace;
  readonly #colors: Colors;
  readonly #logLines: number;
  readonly #terminals = new Map<VertexTrace, Terminal>();
  #description = "";
  /** Lines of the frame on screen. */
  #height = 0;

  constructor(options: TtyOptions) {
    this.#options = options;
    this.#trace = new Trace(options.now, (step) => {
      step.onOutput = (text) => this.#terminalOf(step).write(text);
    });
    this.#colors = colorsOf(options.env);
    const lines = Number.parseInt(options.env.BUILDKIT_TTY_LOG_LINES ?? "", 10);
    this.#logLines = lines > 0 ? lines : 6;
  }

  describe({ builder, driver }: { builder: string; driver: string }): void {
    this.#description = visibleLine(`${driver}:${builder}`);
  }

  update(progress: BuildProgress): void {
    this.#trace.update(progress);
    this.#trace.markShown();
  }

  refresh(): void {
    this.#draw(false);
  }

  close(): void {
    this.#draw(true);
    const report = errorReport(this.#trace, Number.POSITIVE_INFINITY);
    if (report) this.#options.write(report);
  }

  #draw(isLast: boolean): void {
    const width = this.#options.terminal.columns || 80;
    const height = this.#options.terminal.rows || 10;
    const rows = rowsOf(this.#trace, this.#colors, this.#options.now());
    const withOutput = isLast ? new Set<VertexTrace>() : this.#stepsWithOutput(rows, height);
    const tailHeight = [...withOutput].reduce((sum, step) => sum + this.#terminalOf(step).lines.length, 0);
    const shown = isLast ? rows : fitRows(rows, height - 2 - tailHeight);
    const lines = [this.#header(isLast, width)];
    for (const row of shown) {
      const line = this.#line(row, width);
      if (line) lines.push(line);
      if (row.step && withOutput.has(row.step)) lines.push(...this.#tail(row.step, width));
    }
    // One write per frame, and each line is erased only after its text. This avoids flicker, and the cursor is visible
    // again even if the process is killed.
    const up = this.#height > 0 ? `\x1b[${this.#height}A\r` : "";
    this.#options.write(`\x1b[?25l${up}${lines.map((line) => `${line}\x1b[K\n`).join("")}\x1b[J\x1b[?25h`);
    this.#height = isLast ? 0 : lines.length;
  }

  #header(isLast: boolean, width: number): string {
    const steps = [...this.#trace.steps()];
    const completed = steps.filter((step) => step.isCompleted).length;
    const { startTime, clockSkew } = this.#trace;
    const seconds = startTime === undefined ? 0 : (this.#options.now() - clockSkew - startTime) / 1000;
    const state = isLast && completed > 0 && completed === steps.length ? " FINISHED" : "";
    return align(
      `[+] Building ${seconds.toFixed(1)}s (${completed}/${steps.length})${state}`,
      this.#description,
      width - 1,
    );
  }

  #line({ name, amount, seconds, paint }: Row, width: number): string {
    const timer = `${(seconds < 0.05 ? 0 : seconds).toFixed(1)}s`;
    let left = width - " => ".length - timer.length - 3;
    const showAmount = amount !== "" && left > 20;
    if (showAmount) left -= amount.length + 1;
    if (left < 12) return "";
    const text = ` => ${truncateText(name, left)}${showAmount ? ` ${amount}` : ""}`;
    const line = align(text, timer, width - 1);
    return paint ? paint(line) : line;
  }

  #tail(step: VertexTrace, width: number): string[] {
    return this.#terminalOf(step).lines.map((line) =>
      this.#colors.faint(truncateText(` => => # ${line}`, width - 1)),
    );
  }

  /** The running steps with the most output, as many as fit. */
  #stepsWithOutput(rows: Row[], height: number): Set<VertexTrace> {
    const running = rows.filter((row) => !row.isCompleted);
    let room = height - 2 - running.length;
    const noisiest = running
      .flatMap(({ step }) => (step && step.outputBytes > 0 ? [step] : []))
      .sort((a, b) => b.outputBytes - a.outputBytes)
      .filter(() => {
        const fits = room > this.#logLines + 3;
        if (fits) room -= this.#logLines + 3;
        return fits;
      });
    return new Set(noisiest);
  }

  #terminalOf(step: VertexTrace): Terminal {
    const terminal = this.#terminals.get(step) ?? new Terminal(this.#logLines);
    this.#terminals.set(step, terminal);
    return terminal;
  }
}

/** Puts two texts at the ends of a line with the given width. Truncates the left text if necessary. */
function align(left: string, right: string, width: number): string {
  const text = truncateText(left, width - textWidth(right) - 1);
  return right ? text + " ".repeat(Math.max(1, width - textWidth(text) - textWidth(right))) + right : text;
}
