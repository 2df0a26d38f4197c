import { stdout } from "../../util/standard-streams.js";
import type { BuildFlags } from "../build/build-flags.js";
import { runBuild } from "../build/run-build.js";
import { ExitCode } from "../command-error.js";
import { flagsConflict } from "../flags-conflict.js";
import { openHost } from "../host.js";
import { reportError } from "../report-error.js";
import { DebugSession } from "./debug-session.js";
import type { LaunchArguments } from "./launch-arguments.js";

/** `slipway dap build`: a build that an editor debugs over stdin and stdout. Ends with the exit code of the build. */
export async function dapBuild(context: string | undefined, flags: BuildFlags): Promise<void> {
  const session = new DebugSession(process.stdin, stdout());
  const launch = await session.launched;
  if (!launch) return session.end(0);
  const exitCode = await build(session, launch, context, flags);
  await session.end(exitCode);
  if (exitCode !== 0) throw new ExitCode(exitCode);
}

/** The exit code. Errors are for the editor. */
async function build(
  session: DebugSession,
  launch: LaunchArguments,
  given: string | undefined,
  flags: BuildFlags,
): Promise<number> {
  try {
    const { contextPath = given, dockerfile: file = flags.file, target = flags.target, builder } = launch;
    if (!contextPath) throw new Error("The launch configuration has no contextPath.");
    refuseStreams(contextPath, { ...flags, file });
    const asked = { ...flags, file, target, builder: builder ?? flags.builder };
    const shown = { ...asked, progress: "plain", quiet: false };
    await runBuild(contextPath, shown, session.debugging(launch, openHost));
    return 0;
  } catch (error) {
    if (error instanceof ExitCode) return error.exitCode;
    const { text, exitCode } = reportError(error, { debug: flags.debug });
    session.print(text, "stderr");
    return exitCode;
  }
}

/** The editor has stdin and stdout. */
function refuseStreams(context: string, { file, output = [] }: BuildFlags): void {
  const why = "The editor uses stdin and stdout.";
  if (context === "-" || file === "-") throw flagsConflict("--file", why, "Give a folder or URL.");
  const toStdout = output.some((each) => each === "-" || /(^|,)dest=-(,|$)/.test(each));
  if (toStdout) throw flagsConflict("--output", why, "Give a file.");
}
