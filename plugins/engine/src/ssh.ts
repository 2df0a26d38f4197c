import type { Duplex } from "node:stream";
import { Code, driverError, ProgramStream, sshArguments, withPeriod } from "slipway/driver";
import type { EngineTarget } from "./target.js";

type SshTarget = Extract<EngineTarget, { kind: "ssh" }>;

/** How long ssh may take to connect, in seconds; as in the docker CLI. */
const connectSeconds = 30;

/** Connects to the Engine of another machine through `ssh`, with the command that the docker CLI uses. */
export function connectSsh(target: SshTarget): Duplex {
  return new ProgramStream(["ssh", ...engineArguments(target)], ({ stderr, how }) =>
    sshError(target, stderr || `ssh ${how}`),
  );
}

/** The arguments of `ssh`. */
export function engineArguments(target: SshTarget): string[] {
  const host = target.socket ? [`--host=unix://${target.socket}`] : [];
  return sshArguments(target, connectSeconds, ["docker", ...host, "system", "dial-stdio"]);
}

function sshError({ host, user }: SshTarget, why: string): Error {
  const login = `${user ? `${user}@` : ""}${host}`;
  return driverError({
    code: Code.Unavailable,
    reason: "ENGINE_SSH_FAILED",
    message: withPeriod(`The Docker Engine of ${login} cannot be reached through ssh: ${why}`),
    remedy: `Make \`ssh ${login} docker version\` work without a password.`,
  });
}
