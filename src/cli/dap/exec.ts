import { realpathSync } from "node:fs";
import type { DebugProtocol } from "@vscode/debugprotocol";
import type { Slipway } from "../../client/slipway.js";
import { LogStream } from "../../gen/slipway/build/v1/build_progress_pb.js";

/** The variables that select a host, and the file with the login to it; see docs/cli.md. */
const hostVariables = [
  "SLIPWAY_HOST",
  "SLIPWAY_TOKEN_FILE",
  "SLIPWAY_CERT_PATH",
  "XDG_RUNTIME_DIR",
  "XDG_STATE_HOME",
];

/** Runs a program without input where a build is held, and returns how it ended; empty for success. */
export async function runForConsole(
  { debug }: Pick<Slipway, "debug">,
  id: string,
  args: readonly string[],
  print: (text: string, stream: "stdout" | "stderr") => void,
): Promise<string> {
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  let result = "";
  for await (const { event } of debug.startProcess({ id, args: [...args] })) {
    if (event.case === "output") {
      const stream = event.value.stream === LogStream.STDERR ? "stderr" : "stdout";
      print(decoders[stream].decode(event.value.data, { stream: true }), stream);
    } else if (event.case === "exited") {
      const { error, exitCode } = event.value;
      result = error || (exitCode === 0 ? "" : `exit code: ${exitCode}`);
    }
  }
  return result;
}

/** Asks an editor for a terminal with a shell where a build is held. */
export function terminalRequest(id: string): DebugProtocol.RunInTerminalRequestArguments {
  const { execPath, execArgv, argv, env } = process;
  return {
    kind: "integrated",
    title: "slipway",
    cwd: process.cwd(),
    args: [execPath, ...execArgv, realpathSync(argv[1]!), "dap", "attach", id],
    env: Object.fromEntries(hostVariables.flatMap((name) => (env[name] ? [[name, env[name]]] : []))),
  };
}
