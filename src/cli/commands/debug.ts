import { addBuildFlags, type BuildFlags } from "../build/build-flags.js";
import type { DebugFlags } from "../debug/invocation.js";
import { printError } from "../output/print.js";
import type { SlipwayCommand } from "../slipway-command.js";

const examples = `
Examples:
  slipway debug build .
  slipway debug --invoke /bin/bash build .
  slipway debug --on always --invoke 'args=["sh","-c","ls"],cwd=/src' build .`;

/** `slipway debug` */
export function addDebugCommand(program: SlipwayCommand): void {
  const debug = program
    .command("debug")
    .summary("run a process where a build fails")
    .description("Holds a build where it fails, and runs a process in the container of the failed step.")
    .option(
      "--invoke <command>",
      'program to run (default: "sh"), or pairs of args, entrypoint, env, user, cwd and tty',
    )
    .option("--on <when>", '"error", or "always": also when everything is built', "error")
    .addHelpText("after", examples);
  const warnings: string[] = [];
  const command = debug
    .command("build")
    .summary("start a build")
    .description("Builds as `slipway build` does.")
    .argument("<context>", "PATH | URL");
  addBuildFlags(command, (text) => warnings.push(text))
    .addHelpText("after", examples)
    .action(async (context: string) => {
      for (const warning of warnings) printError(`WARNING: ${warning}\n`);
      const { debugBuild } = await import("../debug/debug-build.js");
      await debugBuild(context, command.optsWithGlobals<BuildFlags & DebugFlags>());
    });
}
