import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type CheckInfo,
  conforms,
  formatResult,
  formatRows,
  formatSummary,
  type Report,
  type Result,
  toJunit,
} from "../../conformance/index.js";
import { InputError } from "../../errors/input-error.js";
import { makeFolder } from "../../util/make-folder.js";
import { ExitCode } from "../command-error.js";
import { print, printError } from "../output/print.js";
import { reportError } from "../report-error.js";
import type { ConformanceFlags } from "./flags.js";

/** Exit code for an invalid command line; nothing was checked. */
const usageCode = 2;

/** Runs a kit and prints its report. Exits with 1 when a rule is violated, and with 2 for input that is refused. */
export async function runKit(
  flags: ConformanceFlags,
  run: (onResult: (result: Result) => void) => Promise<Report>,
): Promise<void> {
  try {
    const report = await printReport(flags, run);
    if (!conforms(report)) throw new ExitCode(1);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    printError(reportError(error).text);
    throw new ExitCode(usageCode);
  }
}

/** Opens a file; its missing folders are created. */
async function create(path: string): Promise<FileHandle> {
  await makeFolder(dirname(path));
  return open(path, "w");
}

async function printReport(
  { json, junit }: ConformanceFlags,
  run: (onResult: (result: Result) => void) => Promise<Report>,
): Promise<Report> {
  // Opened first, so that an unwritable path is reported before the checks, which take minutes.
  const file = junit ? await create(junit).catch((cause: Error) => cannotWrite(junit, cause)) : undefined;
  try {
    const report = await run((result) => void (json || print(formatResult(result))));
    print(json ? `${JSON.stringify(report, null, 2)}\n` : formatSummary(report));
    await file?.writeFile(toJunit(report));
    return report;
  } finally {
    await file?.close();
  }
}

/** Prints the checks of a kit: id, level, condition, further columns and title. */
export function listChecks(
  checks: readonly (CheckInfo & { needs?: string })[],
  { json }: ConformanceFlags,
): void {
  const rows = checks.map(({ id, level, when, needs = "", title }) => [
    id,
    level,
    when || "all",
    needs,
    title,
  ]);
  print(json ? `${JSON.stringify(checks, null, 2)}\n` : formatRows(rows));
}

/** The program to check and its arguments, after `--`. */
export function commandAfterDashes(
  [program, ...args]: string[],
  what: string,
  example: string,
): [program: string, ...args: string[]] {
  if (program) return [program, ...args];
  throw new InputError({
    reason: "COMMAND_MISSING",
    field: "command",
    message: `There is no ${what} to check.`,
    remedy: `Name its command: ${example}.`,
  });
}

function cannotWrite(path: string, cause: Error): never {
  const message = `The report cannot be written to ${path}: ${cause.message}`;
  throw new InputError({ reason: "REPORT_UNWRITABLE", field: "junit", message });
}
