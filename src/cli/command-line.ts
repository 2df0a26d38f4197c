import { CommanderError, InvalidArgumentError } from "commander";
import { pluginMetadata, readInvocation } from "./docker-plugin.js";
import { createProgram } from "./program.js";

/** Runs the command line and returns the exit code. */
export async function runCommandLine(): Promise<number> {
  const invocation = readInvocation(process.argv[1] ?? "", process.argv.slice(2));
  if (invocation.kind === "metadata") {
    process.stdout.write(`${pluginMetadata}\n`);
    return 0;
  }
  Object.assign(process.env, invocation.env);
  const program = createProgram();
  try {
    await program.parseAsync(invocation.args, { from: "user" });
    return 0;
  } catch (error) {
    // Commander has said what is wrong with a flag, but not what a value's parser says of values within values.
    if (error instanceof CommanderError && !(error instanceof InvalidArgumentError)) return error.exitCode;
    const { reportError } = await import("./report-error.js");
    const { text, exitCode } = reportError(error, { debug: program.opts().debug === true });
    process.stderr.write(text);
    return exitCode;
  }
}
