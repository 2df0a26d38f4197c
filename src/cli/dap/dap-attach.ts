import { ExitCode } from "../command-error.js";
import { runProcess } from "../debug/run-process.js";
import { openRunningHost } from "../host.js";
import { printError } from "../output/print.js";

/** `slipway dap attach`: a program where a build is held, on the user's terminal. */
export async function dapAttach(id: string, command: readonly string[]): Promise<void> {
  const host = await openRunningHost();
  try {
    const args = command.length > 0 ? command : ["/bin/sh"];
    const exited = await runProcess(host, id, { args, environment: {} }, new AbortController().signal);
    if (exited?.error) printError(`WARNING: ${exited.error}\n`);
    if (exited && exited.exitCode !== 0) throw new ExitCode(exited.exitCode);
  } finally {
    host.close();
  }
}
