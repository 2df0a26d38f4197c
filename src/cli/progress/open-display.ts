import { InputError } from "../../errors/input-error.js";
import { drawFrame, printColored } from "../output/print.js";
import type { Display, DisplayOptions } from "./display.js";

/** Mode of the progress display. */
export type ProgressMode = "tty" | "plain" | "rawjson" | "none";

/** The combined result of `--progress`, `--quiet` and BUILDKIT_PROGRESS. */
export interface ProgressChoice {
  mode: ProgressMode;
  /** Print the image id at the end. */
  printId: boolean;
}

/** Selects the display as buildx does. Default: the live view on a terminal, plain text elsewhere. */
export function chooseProgress(
  flags: { progress?: string; quiet?: boolean },
  { env, isTerminal }: { env: NodeJS.ProcessEnv; isTerminal: boolean },
): ProgressChoice {
  const flag = flags.progress ?? "auto";
  const printId = flags.quiet === true || flag === "quiet";
  if (printId) {
    if (flag === "auto" || flag === "quiet") return { mode: "none", printId };
    throw invalid(`progress=${flag} and quiet cannot be used together`);
  }
  const mode = flag === "auto" ? env.BUILDKIT_PROGRESS || "auto" : flag;
  switch (mode) {
    case "auto":
      return { mode: isTerminal ? "tty" : "plain", printId };
    case "tty":
      if (!isTerminal) throw invalid("failed to get console: stderr is not a terminal");
      return { mode, printId };
    case "plain":
    case "rawjson":
    case "none":
      return { mode, printId };
    case "quiet":
      return { mode: "none", printId };
    default:
      throw invalid(`invalid progress mode ${mode}`);
  }
}

/**
 * Opens the display of a mode.
 * @param write writes its text; default: to stderr
 */
export async function openDisplay(mode: ProgressMode, write = printColored): Promise<Display> {
  const options: DisplayOptions = {
    write,
    now: () => Date.now(),
  };
  switch (mode) {
    case "tty":
      return new (await import("./tty.js")).TtyDisplay({
        ...options,
        write: drawFrame,
        terminal: process.stderr,
        env: process.env,
      });
    case "plain":
      return new (await import("./plain.js")).PlainDisplay(options);
    case "rawjson":
      return new (await import("./raw-json.js")).RawJsonDisplay(options);
    case "none":
      return { describe() {}, update() {}, refresh() {}, close() {} };
  }
}

function invalid(message: string): InputError {
  return new InputError({
    reason: "PROGRESS_INVALID",
    field: "--progress",
    message,
    remedy: "Use auto, tty, plain, rawjson, quiet or none.",
  });
}
