import { readFile, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkSocketFolder } from "../host-address/address-folder.js";
import { dialIfAlive, temporaryName } from "../host-address/host-process-lock.js";
import { writeAtomically } from "../util/write-atomically.js";

/*
 * A user has one state folder, but not one default socket: XDG_RUNTIME_DIR is missing or another one under cron, su and
 * in a shell of a container. A host therefore records its socket in the state folder, and a host that a client starts
 * elsewhere for the same folder leaves a link to that socket instead.
 */

const recordIn = (stateDir: string) => join(stateDir, "host.socket");

/** Records in the state folder on which socket its host listens, until it is removed. */
export async function recordSocket(stateDir: string, socket: string): Promise<{ remove(): Promise<void> }> {
  const record = recordIn(stateDir);
  await writeAtomically(record, socket);
  return { remove: () => rm(record, { force: true }) };
}

/** The socket of the host that uses a state folder; undefined unless it answers and no other user can have made it. */
export async function recordedSocket(stateDir: string): Promise<string | undefined> {
  const socket = await readFile(recordIn(stateDir), "utf8").catch(() => "");
  if (!socket) return undefined;
  try {
    if (!checkSocketFolder(dirname(socket))) return undefined;
    const answer = await dialIfAlive(socket);
    answer?.destroy();
    return answer && socket;
  } catch {
    return undefined;
  }
}

/** Makes a path lead to the socket of another host. A later host on the path replaces the link. */
export async function linkSocket(path: string, target: string): Promise<void> {
  const temporary = temporaryName(path);
  await symlink(target, temporary);
  await rename(temporary, path);
}
