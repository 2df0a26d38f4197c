import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { tempDir } from "../lab/index.js";
import { stateVariable } from "../lab/processes.js";
import { type Finished, run } from "../lab/run.js";

const id = 54_321;

/** A user of this machine without root, optionally with subordinate ids. */
export interface OrdinaryUser {
  /** User and group id. */
  id: number;
  /** Home directory outside of the namespace. */
  home: string;
  /** Runs a command in the home directory with the user's environment. */
  run(command: string, args: readonly string[]): Promise<Finished>;
}

/** The environment of a user. */
export interface OrdinaryUserOptions {
  /** Readable files and folders, by their names below /srv. */
  folders: Record<string, string>;
  /** Environment variables besides HOME and USER. */
  environment: Record<string, string>;
  /** The user has no subordinate ids. */
  withoutSubordinateIds?: boolean;
  /** As in a container, a part of /proc is hidden, so the kernel does not let a user namespace mount another one. */
  hidesProc?: boolean;
}

/** Creates a user in a mount namespace, which ends with the test. The home directory there is /srv/home. */
export async function ordinaryUser({
  folders,
  environment,
  withoutSubordinateIds = false,
  hidesProc = false,
}: OrdinaryUserOptions): Promise<OrdinaryUser> {
  const folder = await tempDir();
  const home = join(folder, "home");
  await mkdir(home);
  await chown(home, id, id);
  const srv = join(folder, "srv");
  await mkdir(srv);
  const binds = Object.entries({ ...folders, home }).flat();
  const holder = spawn(
    "unshare",
    [
      "--mount",
      "sh",
      "-euc",
      hidesProc ? hideProc + setUp : setUp,
      withoutSubordinateIds ? "" : ids,
      srv,
      ...binds,
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const ended = once(holder, "exit");
  onTestFinished(async () => {
    holder.stdin.end();
    await ended;
  });
  await Promise.race([
    once(holder.stdout, "data"),
    ended.then(([code]) => Promise.reject(new Error(`the namespace ended with ${code}`))),
  ]);
  const variables = { HOME: "/srv/home", USER: "builder", [stateVariable]: folder, ...environment };
  const enter = ["nsenter", `--mount=/proc/${holder.pid}/ns/mnt`];
  const become = ["setpriv", `--reuid=${id}`, `--regid=${id}`, "--clear-groups"];
  const env = ["env", "-i", ...Object.entries(variables).map((entry) => entry.join("="))];
  const atHome = ["sh", "-c", 'cd && exec "$@"', "sh"];
  const [program, ...before] = [...enter, ...become, ...env, ...atHome];
  return {
    id,
    home,
    run: (command, args) => run(program!, [...before, command, ...args], { timeout: 240_000 }),
  };
}

const ids = "builder:3000000:65536";

const hideProc = "mount --bind /dev/null /proc/version\n";

// $0 has the subordinate ids; the arguments are an empty folder, and then names and paths. A path can be below /srv, so
// /srv is covered last.
const setUp = `
mount --make-rprivate /
srv=$1
shift
mount -t tmpfs -o mode=755 tmpfs "$srv"
while [ $# -gt 0 ]; do
  if [ -d "$2" ]; then mkdir "$srv/$1"; else touch "$srv/$1"; fi
  mount --bind "$2" "$srv/$1"
  shift 2
done
mount --move "$srv" /srv
overlay() {
  { echo "$2"; cat /etc/$1 2>/dev/null || true; } > /srv/$1
  touch /etc/$1
  mount --bind /srv/$1 /etc/$1
}
mknod -m 666 /srv/fuse c 10 229
mount --bind /srv/fuse /dev/fuse
overlay passwd builder:x:${id}:${id}::/srv/home:/bin/sh
overlay group builder:x:${id}:
overlay subuid "$0"
overlay subgid "$0"
echo ready
exec cat
`;
