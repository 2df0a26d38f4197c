import { CommanderError, InvalidArgumentError } from "commander";
import { ExitCode } from "./command-error.js";
import { completeCommand, readInvocation } from "./docker-plugin/invocation.js";
import { interruptWhenDockerEnds } from "./docker-plugin/when-docker-ends.js";
import { print, printError } from "./output/print.js";
import { createProgram, firstSteps } from "./program.js";
import { givenFlags } from "./slipway-command.js";

/** Runs the command line and returns the exit code. */
export async function runCommandLine(): Promise<number> {
  const invocation = readInvocation(process.argv[1] ?? "", process.argv.slice(2));
  if (invocation.kind === "metadata") {
    print(`${invocation.text}\n`);
    return 0;
  }
  Object.assign(process.env, invocation.env);
  const [first, ...rest] = invocation.args;
  if (first === undefined) {
    print(firstSteps);
    return 0;
  }
  if (first === completeCommand) {
    const { printCandidates } = await import("./completion/complete.js");
    await printCandidates(rest);
    return 0;
  }
  interruptWhenDockerEnds();
  const program = createProgram(invocation.args);
  let given: ReadonlySet<string> | undefined;
  program.hook("preAction", (_program, command) => {
    given = givenFlags(command);
  });
  try {
    await program.parseAsync(invocation.args, { from: "user" });
    return 0;
  } catch (error) {
    // Commander reports its own errors, but not what a parser throws about a value within a value.
    if (error instanceof CommanderError && !(error instanceof InvalidArgumentError)) return error.exitCode;
    // A host ends so, perhaps after its files were removed.
    if (error instanceof ExitCode) return error.exitCode;
    const { reportError } = await import("./report-error.js");
    const { text, exitCode } = reportError(error, { debug: program.opts().debug === true, given });
    printError(text);
    return exitCode;
  }
}
