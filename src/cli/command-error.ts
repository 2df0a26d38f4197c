import type { BuildError } from "../gen/slipway/build/v1/build_error_pb.js";

/** Ends the process with this exit code and prints nothing more. */
export class ExitCode extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** An output of a build cannot be written on this machine. */
export class OutputUnwritable extends Error {}

/** A failed build, as the host describes it. */
export class BuildFailure extends Error {
  readonly error: BuildError;
  /** BuildKit had started the build. */
  readonly wasStarted: boolean;

  constructor(error: BuildError, wasStarted: boolean) {
    super(error.message);
    this.error = error;
    this.wasStarted = wasStarted;
  }
}
