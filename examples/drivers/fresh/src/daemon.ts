import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { NodeConfig } from "slipway/driver";
import { programOf } from "./node.js";

/** The end of the daemon's log is kept, in characters, to explain its end. */
const maxLogLength = 2000;

/**
 * The guardian of a daemon. It ends the daemon when its standard input ends, which happens however the plugin dies, and
 * deletes what is left when the daemon has ended, however it died. It is in no process group that somebody else kills.
 *
 * The daemon is the first process of a PID namespace: all steps of its builds die with it. It has a mount namespace of
 * its own, whose mounts vanish with it. It dies with the guardian, too.
 */
const guardian = `
folder=$1; shift
# Only the daemon writes to the pipe of the log, which breaks when the plugin dies.
exec 3<&0 4>&2 2>/dev/null
setpriv --pdeathsig KILL unshare --pid --fork --kill-child --mount-proc "$@" </dev/null 2>&4 3<&- 4>&- &
daemon=$!
exec 4>&-
{ read -r _ <&3; kill -KILL "$daemon"; } &
reader=$!
wait "$daemon"; code=$?
kill "$reader"
name=\${folder##*/}
# Its processes may take a moment to die.
until rm -rf "$folder"; do sleep 0.1; done
for left in 1 2 3 4 5 6 7 8 9 10; do
  find /sys/fs/cgroup -depth -type d -path "*/$name*" -exec rmdir {} +
  [ -z "$(find /sys/fs/cgroup -type d -name "$name")" ] && break
  sleep 0.2
done
exit "$code"
`;

/** A buildkitd in a folder of its own. The owner ends it, which deletes what belongs to it. */
export class Daemon {
  /** Resolves when it has died, with the end of its log. */
  readonly died: Promise<string>;
  /** Resolves when nothing of it is left. */
  readonly #ended: Promise<void>;

  private constructor(
    readonly socket: string,
    private readonly guardian: ChildProcess,
  ) {
    let log = "";
    guardian.stderr!.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-maxLogLength);
    });
    guardian.stdin!.on("error", () => {});
    // Only the daemon and its children hold the other end of the pipe.
    this.died = once(guardian.stderr!, "close").then(() => log);
    this.#ended = once(guardian, "exit").then(() => {});
  }

  /** Starts a daemon with an empty cache; it listens later. */
  static async start(config: NodeConfig): Promise<Daemon> {
    const folder = await mkdtemp(join(tmpdir(), "slipway-fresh-"));
    const socket = join(folder, "b.sock");
    await mkdir(join(folder, "tmp"));
    await writeFile(
      join(folder, "buildkitd.toml"),
      [
        `root = ${JSON.stringify(join(folder, "root"))}`,
        "[otel]",
        `socketPath = ${JSON.stringify(join(folder, "otel.sock"))}`,
        "[worker.containerd]",
        "enabled = false",
        "[worker.oci]",
        `binary = ${JSON.stringify(programOf(config, "runc"))}`,
        `defaultCgroupParent = ${JSON.stringify(basename(folder))}`,
      ].join("\n"),
    );
    const daemon = [programOf(config, "buildkitd")!, "--config", join(folder, "buildkitd.toml")];
    const args = ["-c", guardian, "guardian", folder, ...daemon, "--addr", `unix://${socket}`];
    const options = { detached: true, env: { ...process.env, TMPDIR: join(folder, "tmp") } };
    return new Daemon(socket, spawn("sh", args, { ...options, stdio: ["pipe", "ignore", "pipe"] }));
  }

  async end(): Promise<void> {
    this.guardian.stdin!.end();
    await this.#ended;
  }
}
