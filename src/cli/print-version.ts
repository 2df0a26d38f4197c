import { basename } from "node:path";
import { version } from "../util/version.js";
import { printAtOnce } from "./output/print.js";

/** The version of buildx whose commands and flags the command line has. */
export const buildxVersion = "0.36.1";

/** Name of the program as docker's plugin in place of buildx. */
export const buildxProgram = "docker-buildx";

/**
 * The line that states the version of the command line. In place of buildx it has buildx's form, since compose and CI
 * actions read from it what they can use.
 */
export function versionLine(program = process.argv[1] ?? ""): string {
  if (basename(program) !== buildxProgram) return `slipway v${version}`;
  return `github.com/docker/buildx v${buildxVersion} slipway-v${version}`;
}

/** Prints the version of the command line. */
export function printVersion(): void {
  printAtOnce(`${versionLine()}\n`);
}
