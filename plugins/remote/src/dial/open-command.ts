import type { Duplex } from "node:stream";
import { Code, driverError, type ProgramFailure, ProgramStream } from "slipway/driver";
import type { CommandLine } from "./command-line.js";

/**
 * Starts a program whose standard streams connect to a BuildKit. The stream's error is typed.
 * @param target the endpoint, for messages
 */
export function openCommand(command: CommandLine, target: string, env: NodeJS.ProcessEnv): Duplex {
  const [program] = command;
  return new ProgramStream(
    command,
    (failure) => (failure.missing ? missing(program, target) : failed(program, target, failure)),
    env,
  );
}

function failed(program: string, target: string, { command, stderr, how }: ProgramFailure): Error {
  return driverError({
    code: Code.Unavailable,
    reason: "BUILDKIT_COMMAND_FAILED",
    message: `BuildKit cannot be reached at ${target}: ${stderr ? `${stderr} (${program} ${how})` : `${program} ${how}`}.`,
    remedy:
      `Make sure that \`${command}\` works without a prompt on the machine of the Slipway host, with the variables in ` +
      "the endpoint; it needs buildctl on the other side.",
  });
}

function missing(program: string, target: string): Error {
  return driverError({
    code: Code.FailedPrecondition,
    reason: "BUILDKIT_COMMAND_MISSING",
    message: `BuildKit cannot be reached at ${target}: the program ${program} is not in the PATH of the Slipway host.`,
    remedy: `Install ${program} there, or use a tcp:// or unix:// endpoint.`,
  });
}
