import { readTypedError } from "../../errors/typed-error.js";
import type { BuildHeld } from "../../gen/slipway/v1/build_event_pb.js";
import type { BuildFlags } from "../build/build-flags.js";
import { type Debugger, runBuild } from "../build/run-build.js";
import { BuildFailure } from "../command-error.js";
import { flagsConflict } from "../flags-conflict.js";
import { type Host, openHost } from "../host.js";
import { printError } from "../output/print.js";
import { reportError } from "../report-error.js";
import { type DebugFlags, type Invocation, parseHold, parseInvocation } from "./invocation.js";
import { runProcess } from "./run-process.js";

/** `slipway debug build`: a build that runs a process where it fails, or at its end. */
export async function debugBuild(context: string, flags: BuildFlags & DebugFlags): Promise<void> {
  const hold = parseHold(flags.on);
  const invocation = parseInvocation(flags.invoke ?? "");
  if (context === "-" || flags.file === "-")
    throw flagsConflict(
      "--invoke",
      "The process needs stdin, which the build reads.",
      "Give a folder or URL.",
    );
  await runBuild(context, flags, {
    hold,
    open: async () => {
      const host = await openHost();
      const onHeld: Debugger["onHeld"] = (id, held, signal) => debugHeld(host, id, held, invocation, signal);
      return { host: { ...host, uploads: async () => host.uploads }, onHeld };
    },
  });
}

/** Runs the process, and lets the build go on when it has ended. */
async function debugHeld(
  host: Host,
  id: string,
  { error }: BuildHeld,
  invocation: Invocation,
  signal: AbortSignal,
): Promise<void> {
  if (error) printError(reportError(new BuildFailure(error, true)).text);
  printError(`The build is held. It goes on when ${JSON.stringify(invocation.args.join(" "))} ends.\n`);
  try {
    const exited = await runProcess(host, id, invocation, signal);
    if (exited?.error) printError(`WARNING: ${exited.error}\n`);
  } catch (cause) {
    // The build was cancelled, or its hold is over: it says so itself.
    if (signal.aborted) return;
    printError(`WARNING: ${readTypedError(cause).message}\n`);
  }
  await host.debug.continueBuild({ id }).catch(() => {});
}
