import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { isatty } from "node:tty";
import { InputError } from "../../errors/input-error.js";
import { printError } from "../output/print.js";
import { importRecords, openPage } from "./docker-desktop.js";

/** `slipway history import` */
export async function runHistoryImport({ file = ["-"] }: { file?: string[] }): Promise<void> {
  if (file.includes("-") && isatty(0)) {
    throw new InputError({
      reason: "RECORDS_INVALID",
      field: "--file",
      message: "refusing to read from console, use --file to specify a file",
      remedy: "Name a file with -f, or redirect stdin.",
    });
  }
  // A file that is missing is said before the first is imported.
  for (const path of file) await requireReadable(path);
  const pages: string[] = [];
  for (const path of file) pages.push(...(await importFile(path)));
  const [first] = pages;
  if (first === undefined) {
    throw new InputError({
      reason: "RECORDS_INVALID",
      field: "--file",
      message: "no build records found in the bundle",
      remedy: "Give an archive that history export wrote.",
    });
  }
  printError(pages.map((page) => `${page}\n`).join(""));
  await openPage(first);
}

async function importFile(path: string): Promise<string[]> {
  const archive: Readable = path === "-" ? process.stdin : createReadStream(path);
  try {
    return await importRecords(archive);
  } finally {
    archive.destroy();
  }
}

async function requireReadable(path: string): Promise<void> {
  if (path === "-") return;
  try {
    await (await open(path)).close();
  } catch (cause) {
    throw new InputError({
      reason: "RECORDS_INVALID",
      field: "--file",
      message: `failed to open file ${path}: ${(cause as Error).message}`,
      remedy: "Name an archive that is there.",
      cause,
    });
  }
}
