import type { VertexWarning } from "../../gen/slipway/build/v1/build_progress_pb.js";
import type { BuildEvent } from "../../gen/slipway/v1/build_event_pb.js";
import { warningLines } from "../output/diagnostics.js";
import { printColored, printError } from "../output/print.js";
import { colorsOf, showsColors } from "../progress/colors.js";
import type { Display } from "../progress/display.js";
import { BootProgress, QueueProgress, RestartProgress } from "../progress/host-progress.js";
import { openDisplay, type ProgressMode } from "../progress/open-display.js";
import { ProgressRunner } from "../progress/progress-runner.js";
import { warningsReport } from "./warnings-report.js";

/** How the events of a build are shown. */
export interface ViewOptions {
  /** Shows details of warnings. */
  debug?: boolean;
  /** Writes text without colours. Default: to stderr. */
  write?: (text: string) => void;
}

/** Shows the events of a build. */
export class BuildProgressView {
  /** The frontend's warnings, without duplicates. */
  readonly warnings: VertexWarning[] = [];

  readonly #mode: ProgressMode;
  #display: Display;
  #runner: ProgressRunner;
  readonly #boot = new BootProgress();
  readonly #queue = new QueueProgress();
  readonly #restarts = new RestartProgress();
  readonly #options: ViewOptions;
  #notices = "";

  static async open(mode: ProgressMode, options: ViewOptions = {}): Promise<BuildProgressView> {
    return new BuildProgressView(mode, await openDisplay(mode, options.write), options);
  }

  private constructor(mode: ProgressMode, display: Display, options: ViewOptions) {
    this.#mode = mode;
    this.#display = display;
    this.#runner = new ProgressRunner(display);
    this.#options = options;
  }

  /** @param target name of the build among several; empty for a single one */
  show(event: BuildEvent, target = ""): void {
    const { event: what } = event;
    for (const end of this.#restarts.take(event, target)) this.#runner.update(end);
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
    const { debug = false, write } = this.#options;
    const hasColors = !write && showsColors(env, stderr.isTTY === true);
    const colors = colorsOf(hasColors ? env : { NO_COLOR: "1" });
    const isSilent = this.#mode === "none" || this.#mode === "rawjson";
    const report = isSilent ? "" : warningsReport(this.warnings, { debug, colors });
    (write ?? printError)(this.#notices);
    (write ?? printColored)(report);
  }

  /** Prints lines of warnings of the host. The live view delays them until the end. */
  #notice(text: string): void {
    if (this.#mode === "tty") this.#notices += text;
    else (this.#options.write ?? printError)(text);
  }
}

function isSameAs(warning: VertexWarning): (other: VertexWarning) => boolean {
  const range = (of: VertexWarning) =>
    of.source?.ranges.map((r) => `${r.startLine}-${r.endLine}`).join() ?? "";
  return (other) =>
    other.short === warning.short && other.url === warning.url && range(other) === range(warning);
}
