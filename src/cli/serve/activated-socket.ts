import { InputError } from "../../errors/input-error.js";
import type { ActivatedSocket } from "../../host/host-options.js";

/** The first descriptor of a service manager's sockets. */
const firstDescriptor = 3;

/**
 * The socket that a service manager listens on and has passed to this process, as systemd does (sd_listen_fds(3)).
 * Removes the variables that say so: they are not for plugins. Throws unless it is exactly one socket.
 */
export function activatedSocket(env: NodeJS.ProcessEnv, pid = process.pid): ActivatedSocket | undefined {
  const { LISTEN_PID, LISTEN_FDS = "", RUNTIME_DIRECTORY } = env;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete env[name];
  if (LISTEN_PID !== String(pid)) return undefined;
  if (LISTEN_FDS !== "1") {
    throw new InputError({
      reason: "SERVE_FLAGS_INVALID",
      field: "LISTEN_FDS",
      message: `The service manager passed ${LISTEN_FDS || "no"} sockets, but a host takes one.`,
      remedy: "Give the socket's unit one ListenStream, with the path of --socket.",
    });
  }
  // Several folders are separated by colons.
  return { fd: firstDescriptor, runtimeDir: RUNTIME_DIRECTORY?.split(":")[0] };
}
