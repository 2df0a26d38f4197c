import { fstatSync, writeFileSync } from "node:fs";
import { stderr, stdout } from "../../util/standard-streams.js";
import { colorsOf, showsColors } from "../progress/colors.js";
import { visibleOutput, visibleText } from "./visible.js";

/*
 * The only places where the CLI writes text. Here it loses all power over the terminal, so that no command can forget
 * it. Names also need `visibleLine`, which tables and templates apply: only there is a line end not part of the layout.
 */

/** Prints text or JSON on stdout. */
export function print(text: string): void {
  stdout().write(visibleText(text));
}

/**
 * Prints the version or help on stdout. `process.stdout` would load Node's streams, which takes a seventh of the CPU time
 * of a command that does nothing else.
 */
export function printAtOnce(text: string): void {
  const visible = visibleText(text);
  try {
    writeFileSync(1, visible);
  } catch {
    // A pipe without a reader, or one that is full and does not block.
    stdout().write(visible);
  }
}

/** Columns of the output: those of COLUMNS or of the terminal on stdout; 80 if there are none. */
export function outputWidth(): number {
  const given = /^[1-9]\d{0,3}$/.exec(process.env.COLUMNS ?? "")?.[0];
  return Number(given) || (fstatSync(1).isCharacterDevice() && process.stdout.columns) || 80;
}

/** Writes bytes to stdout as they are, for the user to keep or to digest. */
export function printBytes(bytes: Uint8Array): void {
  stdout().write(bytes);
}

/** Columns of the help. Longer lines are hard to read. */
export function helpWidth(): number {
  return Math.min(outputWidth(), 100);
}

/** Prints errors, warnings and notes on stderr: the words ERROR and WARNING that begin a line have their colours on a terminal. */
export function printError(text: string): void {
  const stream = stderr();
  const visible = visibleText(text);
  if (!showsColors(process.env, stream.isTTY === true)) stream.write(visible);
  else {
    const { error, warning } = colorsOf(process.env);
    stream.write(visible.replace(/^ERROR(?=: )/gm, error).replace(/^WARNING(?=: )/gm, warning));
  }
}

/** Prints text with colours on stderr. Parts from outside are made visible before they are coloured. */
export function printColored(text: string): void {
  stderr().write(visibleOutput(text));
}

/** Draws a frame, which moves the cursor, on stderr. Its parts from outside have been made visible. */
export function drawFrame(frame: string): void {
  stderr().write(frame);
}
