import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import { createLog, type Log, type LogSettings } from "./base/log.js";
import { LogFile } from "./base/log-file.js";

/** A log in a file. */
export interface FileLog {
  log: Log;
  /** Closes the file; later lines are dropped. */
  close(): void;
}

/**
 * Opens a log in a file that no other process writes; see {@link LogFile}. FAILED_PRECONDITION, reason
 * LOG_FILE_UNUSABLE.
 */
export function openFileLog(path: string, settings: LogSettings): FileLog {
  const dropped = (lines: number) => {
    let report = "";
    createLog({ ...settings, level: "warn" }, (line) => (report = line)).warn(
      `${lines} lines could not be written`,
    );
    return report;
  };
  let file: LogFile;
  try {
    file = LogFile.open(path, dropped);
  } catch (cause) {
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "LOG_FILE_UNUSABLE",
      message: `The host cannot write its log: ${(cause as Error).message}.`,
      remedy: "Name a file that the host's user can create and append to, and that is not a link.",
      metadata: { file: path },
    });
  }
  const log = createLog(settings, (line) => file.write(line));
  return { log, close: () => file.close() };
}
