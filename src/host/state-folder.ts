import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { readTypedError, typedError } from "../errors/typed-error.js";
import { type InstanceLock, lockInstance } from "../host-address/instance-lock.js";
import { checkStateFolder } from "./diagnosis/state-folder.js";
import { recordedSocket } from "./served-socket.js";

/**
 * Creates the state folder with mode 0700 if it is missing, and locks it: one host at a time may use the store.
 * FAILED_PRECONDITION, reason STATE_FOLDER_UNUSABLE, when it is not this user's alone; STATE_IN_USE when another host
 * has the lock; its metadata have the `socket` on which that host listens, if it does.
 */
export async function lockStateFolder(folder: string): Promise<InstanceLock> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: Error) => {
    throw unusable(folder, `The state folder ${folder} cannot be created: ${cause.message}.`);
  });
  const { outcome, message, remedy } = await checkStateFolder(folder);
  if (outcome === "problem") throw unusable(folder, message, remedy);
  return lockInstance(join(folder, "host"), { waitMs: 2_000 }).catch(async (cause) => {
    const { reason, metadata } = readTypedError(cause);
    if (reason === "SOCKET_PATH_TOO_LONG")
      throw unusable(
        folder,
        `The path of the state folder ${folder} is too long for the socket that locks it.`,
        "Use a state folder with a shorter path, for example by XDG_STATE_HOME.",
      );
    if (reason !== "HOST_ALREADY_RUNNING") throw cause;
    const pid = metadata?.pid;
    const socket = await recordedSocket(folder);
    const who = pid ? `the host with process id ${pid}` : "another host";
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "STATE_IN_USE",
      message: `The state folder ${folder} is in use by ${who}${socket ? `, which listens on ${socket}` : ""}.`,
      remedy: "Stop that host, or give this one another state folder.",
      metadata: { folder, ...(pid && { pid }), ...(socket && { socket }) },
    });
  });
}

function unusable(folder: string, message: string, remedy = "Use another state folder.") {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "STATE_FOLDER_UNUSABLE",
    message,
    remedy,
    metadata: { folder },
  });
}
