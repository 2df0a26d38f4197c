import { addBuildFlags, type BuildFlags } from "../build/build-flags.js";
import { printError } from "../output/print.js";
import type { SlipwayCommand } from "../slipway-command.js";

const examples = `
Examples:
  slipway dap build .
  slipway --builder remote dap build --secret id=npmrc,src=.npmrc`;

/** `slipway dap` */
export function addDapCommand(program: SlipwayCommand): void {
  const dap = program
    .command("dap")
    .summary("debug a build in an editor")
    .description("Debugs builds for editors that speak the Debug Adapter Protocol, over stdin and stdout.")
    .addHelpText("after", examples);
  const warnings: string[] = [];
  const build = dap
    .command("build")
    .summary("start a build")
    .description(
      "Builds as `slipway build` does, step by step. The editor's launch configuration names contextPath, dockerfile, target, builder and stopOnEntry, which win over the command line.",
    )
    .argument("[context]", "PATH | URL");
  addBuildFlags(build, (text) => warnings.push(text))
    .addHelpText("after", examples)
    .action(async (context: string | undefined) => {
      for (const warning of warnings) printError(`WARNING: ${warning}\n`);
      const { dapBuild } = await import("../dap/dap-build.js");
      await dapBuild(context, build.optsWithGlobals<BuildFlags>());
    });
  dap
    .command("attach")
    .summary("run a program in a build that is held")
    .description(
      "Runs a program where a build is held, by default a shell. Editors start it in a terminal; it ends when the build goes on.",
    )
    .argument("<build>", "id of the build")
    .argument("[command...]")
    .addHelpText("after", "\nExample:\n  slipway dap attach bld_01 -- ls -l /")
    .action(async (id: string, command: string[]) => {
      const { dapAttach } = await import("../dap/dap-attach.js");
      await dapAttach(id, command);
    });
}
