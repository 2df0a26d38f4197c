import { version } from "../util/version.js";
import { printAtOnce } from "./output/print.js";

/** The line that states the version of the command line. */
export const versionLine = `slipway v${version}`;

/** Prints the version of the command line. */
export function printVersion(): void {
  printAtOnce(`${versionLine}\n`);
}
