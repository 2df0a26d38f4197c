import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../errors/input-error.js";
import { packageRoot } from "../../util/package-root.js";
import { print } from "../output/print.js";

/** The files in completions/, which packages put where shells look for them. */
const files: Record<string, string> = { bash: "slipway.bash", zsh: "_slipway", fish: "slipway.fish" };

/** `slipway completion SHELL` */
export function printCompletionScript(shell: string): void {
  if (!Object.hasOwn(files, shell))
    throw new InputError({
      reason: "SHELL_UNKNOWN",
      field: "SHELL",
      message: `There is no completion for the shell ${JSON.stringify(shell)}.`,
      remedy: `Use ${Object.keys(files).join(", ")}.`,
    });
  print(readFileSync(join(packageRoot(), "completions", files[shell]!), "utf8"));
}
