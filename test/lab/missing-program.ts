import { existsSync } from "node:fs";
import { join } from "node:path";

/** Messages with which Node, shells, util-linux, coreutils, Go and Python report that a program is not in PATH. */
const complaints = [
  /\bspawn(?:Sync)? ([^\s/]+) ENOENT/,
  /: ([^\s/:]+): (?:command )?not found/,
  /failed to execute ([^\s/]+): No such file/,
  /[‘']([^\s/]+)[’']: No such file/,
  /"([^\s/]+)": executable file not found in \$PATH/,
  /No such file or directory: '([^\s/]+)'/,
];

/** Remedy for an error whose text reports that a program is not in PATH; undefined for other errors. */
export function missingProgram(text: string): string | undefined {
  const name = complaints.map((complaint) => complaint.exec(text)?.[1]).find(Boolean);
  // Node reports a missing working directory with the same message.
  if (!name || process.env.PATH!.split(":").some((folder) => existsSync(join(folder, name))))
    return undefined;
  return `${name} is not in PATH. Tests on backends find there what test/lab/programs.ts declares: add ${name} and its Debian package to that file. Unit tests find only Node and Debian's essential programs.`;
}
