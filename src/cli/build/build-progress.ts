import type { VertexWarning } from "../../gen/slipway/build/v1/build_progress_pb.js";
import type { BuildEvent } from "../../gen/slipway/v1/build_event_pb.js";
import { warningLines } from "../output/diagnostics.js";
import { printColored, printError } from "../output/print.js";
import { colorsOf, showsColors } from "../progress/colors.js";
import type { Display } from "../progress/display.js";
import { BootProgress, QueueProgress } from "../progress/host-progress.js";
import { openDisplay, type ProgressMode } from "../progress/open-display.js";
import { ProgressRunner } from "../progress/progress-runner.js";
import { warningsReport } from "./warnings-report.js";

/** Shows the events of a build on stderr. */
export class BuildProgressView {
  /** The frontend's warnings, without duplicates. */
  readonly warnings: VertexWarning[] = [];

  readonly #mode: ProgressMode;
  #display: Display;
  #runner: ProgressRunner;
  readonly #boot = new BootProgress();
  readonly #queue = new QueueProgress();
  readonly #debug: boolean;
  #notices = "";

  static async open(mode: ProgressMode, { debug = false } = {}): Promise<BuildProgressView> {
    return new BuildProgressView(mode, await openDisplay(mode), debug);
  }

  private constructor(mode: ProgressMode, display: Display, debug: boolean) {
    this.#mode = mode;
    this.#display = display;
    this.#runner = new ProgressRunner(display);
    this.#debug = debug;
  }

  /** @param target name of the build among several; empty for a single one */
  show(event: BuildEvent, target = ""): void {
    const { event: what } = event;
    if (what.case === "accepted") this.#display.describe(what.value);
    else if (what.case === "warning") this.#notice(warningLines([what.value]));
    else if (what.case === "draining")
      this.#notice(`WARNING: Node ${what.value.node}: ${what.value.message}\n`);
    else if (what.case === "restarted")
      this.#notice(`WARNING: ${what.value.message} It begins again: attempt ${what.value.attempt}.\n`);
    const progress =
      what.case === "progress" ? what.value : (this.#queue.take(event, target) ?? this.#boot.take(event));
    if (!progress) return;
    this.#runner.update(progress);
    for (const warning of progress.warnings)
      if (!this.warnings.some(isSameAs(warning))) this.warnings.push(warning);
  }

  /** Tells that the connection to the host was lost, and that the client tries again. */
  lost(): void {
    this.#notice("WARNING: The connection to the host was lost. Trying again.\n");
  }

  /** Leaves the terminal to other work. */
  async during(work: () => Promise<void>): Promise<void> {
    if (this.#mode !== "tty") return work();
    this.#runner.close();
    try {
      await work();
    } finally {
      this.#display = await openDisplay(this.#mode);
      this.#runner = new ProgressRunner(this.#display);
    }
  }

  /** Shows the end. */
  close(): void {
    this.#runner.close();
    const { env, stderr } = process;
    const colors = colorsOf(showsColors(env, stderr.isTTY === true) ? env : { NO_COLOR: "1" });
    const isSilent = this.#mode === "none" || this.#mode === "rawjson";
    const report = isSilent ? "" : warningsReport(this.warnings, { debug: this.#debug, colors });
    printError(this.#notices);
    printColored(report);
  }

  /** Prints lines of warnings of the host. The live view delays them until the end. */
  #notice(text: string): void {
    if (this.#mode === "tty") this.#notices += text;
    else printError(text);
  }
}

function isSameAs(warning: VertexWarning): (other: VertexWarning) => boolean {
  const range = (of: VertexWarning) =>
    of.source?.ranges.map((r) => `${r.startLine}-${r.endLine}`).join() ?? "";
  return (other) =>
    other.short === warning.short && other.url === warning.url && range(other) === range(warning);
}
