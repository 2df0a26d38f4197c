import { addBuildFlags, type BuildFlags } from "../build/build-flags.js";
import { printError } from "../output/print.js";
import type { SlipwayCommand } from "../slipway-command.js";

const examples = `
Examples:
  slipway build -t myapp .
  slipway build --platform linux/amd64,linux/arm64 --push -t example.org/app .
  slipway build --secret id=npmrc,src=$HOME/.npmrc -o type=local,dest=out .
  slipway build --check https://github.com/user/repo.git#main
  tar -c . | slipway build -f docker/Dockerfile -`;

/** `slipway build`, with the flags of `docker buildx build`. */
export function addBuildCommand(program: SlipwayCommand): void {
  const command = program
    .command("build")
    .alias("b")
    .summary("start a build")
    .description(
      "Builds an image, or files, from a Dockerfile and a context: a folder, a URL, or - for stdin.",
    )
    .argument("<context>", "PATH | URL | -");
  const warnings: string[] = [];
  addBuildFlags(command, (text) => warnings.push(text))
    .addHelpText("after", examples)
    .action(async (context: string) => {
      for (const warning of warnings) printError(`WARNING: ${warning}\n`);
      const { runBuild } = await import("../build/run-build.js");
      await runBuild(context, command.optsWithGlobals<BuildFlags>());
    });
}
