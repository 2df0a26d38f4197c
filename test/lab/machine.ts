import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stateVariable } from "./processes.js";
import { type BareRoot, bareRoot } from "./recipes/bare-root.js";
import { type Finished, must, type RunOptions, run } from "./run.js";
import { destroyState, makeState } from "./state.js";

/** A folder that programs see as the root folder of a Debian machine. They share network and processes with the tests. */
export interface Machine {
  root: string;
  /** Runs a program of the machine, by default as root. It has no further variables than PATH, HOME and `env`. */
  run(command: readonly string[], options?: MachineRunOptions): Promise<Finished>;
  /** Like `run`, but throws unless the exit code is 0. */
  must(command: readonly string[], options?: MachineRunOptions): Promise<Finished>;
  /** Kills the programs and removes the folder. */
  destroy(): Promise<void>;
}

export interface MachineRunOptions extends Pick<RunOptions, "input"> {
  env?: Record<string, string>;
  /** "user:group", as names or numbers. Default: root. */
  user?: string;
}

export interface MachineOptions extends BareRoot {
  /** Files and folders of the tests' machine, such as sockets, by their paths in this one. */
  mounts?: Readonly<Record<string, string>>;
  /**
   * Whether programs for arm64 run, too, in emulation. Needs Debian's qemu-user-static, and Linux 6.7 or later. All
   * programs are then root's. Default: false.
   */
  arm64?: boolean;
}

/** Runs a command. It and its children alone know the emulator: the table of formats is that of a user namespace. */
const withEmulator = [
  ...["unshare", "--user", "--map-root-user", "--mount", "sh", "-euc"],
  `formats=/proc/sys/fs/binfmt_misc
mount -t binfmt_misc binfmt_misc $formats
cat /usr/lib/binfmt.d/qemu-aarch64.conf > $formats/register
exec "$@"`,
  "sh",
];

/** Starts a machine; what it changes in its files ends with it. The owner must destroy it. */
export async function startMachine({
  mounts = {},
  arm64 = false,
  ...bare
}: MachineOptions = {}): Promise<Machine> {
  const lower = await bareRoot(bare);
  const state = await makeState("machine");
  const [root, upper, work] = ["root", "upper", "work"].map((name) => join(state, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [root, upper, work]) await mkdir(folder, { mode: 0o755 });
  const command = (argv: readonly string[], { env = {}, user }: MachineRunOptions) => {
    const variables = Object.entries({
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/root",
      ...env,
      [stateVariable]: state,
    }).map((entry) => entry.join("="));
    const enter = ["chroot", ...(user ? [`--userspec=${user}`] : []), root];
    const whole = [...(arm64 ? withEmulator : []), ...enter, "/usr/bin/env", "-i", ...variables, ...argv];
    return [whole[0]!, whole.slice(1)] as const;
  };
  try {
    const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    await must("mount", ["-t", "overlay", "overlay", "-o", layers, root]);
    await must("mount", ["-t", "proc", "proc", join(root, "proc")]);
    for (const [inside, outside] of Object.entries({ "/etc/resolv.conf": "/etc/resolv.conf", ...mounts })) {
      const point = join(root, inside);
      const folder = (await must("stat", ["-Lc", "%F", outside])).stdout.trim() === "directory";
      await mkdir(folder ? point : dirname(point), { recursive: true });
      if (!folder) await writeFile(point, "", { flag: "a" });
      await must("mount", ["--bind", outside, point]);
    }
  } catch (error) {
    await destroyState(state);
    throw error;
  }
  return {
    root,
    run: (argv, { input, ...how } = {}) => run(...command(argv, how), { input }),
    must: (argv, { input, ...how } = {}) => must(...command(argv, how), { input }),
    destroy: () => destroyState(state),
  };
}
