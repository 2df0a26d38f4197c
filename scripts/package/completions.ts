import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { createProgram } from "../../src/cli/program.js";
import type { Entry } from "./archive.js";

/** Where shells look for the completion of a command. */
const paths = {
  bash: "usr/share/bash-completion/completions/slipway",
  zsh: "usr/share/zsh/vendor-completions/_slipway",
  fish: "usr/share/fish/vendor_completions.d/slipway.fish",
};

/** The scripts that `slipway completion` prints, if there is that command. */
export async function completionEntries(root: string): Promise<Entry[]> {
  if (!createProgram([], {}).commands.some((command) => command.name() === "completion")) return [];
  return Promise.all(
    Object.entries(paths).map(async ([shell, path]) => {
      const args = [join(root, "dist/cli.cjs"), "completion", shell];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      return { path, read: async () => Buffer.from(stdout) };
    }),
  );
}
