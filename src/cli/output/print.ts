import { visibleOutput, visibleText } from "./visible.js";

/*
 * The only places where the CLI writes text. Here it loses all power over the terminal, so that no command can forget
 * it. Names also need `visibleLine`, which tables and templates apply: only there is a line end not part of the layout.
 */

/** Prints text or JSON on stdout. */
export function print(text: string): void {
  process.stdout.write(visibleText(text));
}

/** Prints errors, warnings and notes on stderr. */
export function printError(text: string): void {
  process.stderr.write(visibleText(text));
}

/** Prints text with colours on stderr. Parts from outside are made visible before they are coloured. */
export function printColored(text: string): void {
  process.stderr.write(visibleOutput(text));
}

/** Draws a frame, which moves the cursor, on stderr. Its parts from outside have been made visible. */
export function drawFrame(frame: string): void {
  process.stderr.write(frame);
}
