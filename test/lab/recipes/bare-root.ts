import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cached, type Recipe } from "../cache.js";
import { must } from "../run.js";

const suite = "bookworm";
const mirror = "http://deb.debian.org/debian";
// debootstrap and apt run further programs of Debian.
const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

/**
 * Root folder of a Debian machine with essential packages, apt, certificates and the given packages only: without
 * Node.js, Go and compilers. It is shared, so it is only read: see {@link startMachine}.
 */
export async function bareRoot(packages: readonly string[] = []): Promise<string> {
  const bare = join(await cached(minimal), "root");
  if (packages.length === 0) return bare;
  const name = [`bare-root-${suite}`, ...packages].join("-");
  const build = async (folder: string) => {
    const root = join(folder, "root");
    await must("cp", ["-a", bare, root]);
    await copyFile("/etc/resolv.conf", join(root, "etc/resolv.conf"));
    const inRoot = (...command: string[]) => must("chroot", [root, ...command], { env });
    await inRoot("apt-get", "update", "-q");
    // The script of Java's certificates needs /proc.
    await must("mount", ["-t", "proc", "proc", join(root, "proc")]);
    try {
      await inRoot("apt-get", "install", "-qy", "--no-install-recommends", ...packages);
    } finally {
      await must("umount", [join(root, "proc")]);
    }
    await clean(root);
  };
  return join(await cached({ name, text: `${minimal.text} with ${packages.join(" ")}\n`, build }), "root");
}

const minimal: Recipe = {
  name: `bare-root-${suite}`,
  text: `debootstrap ${suite}, minbase, ca-certificates`,
  async build(folder) {
    const root = join(folder, "root");
    await mkdir(root);
    const options = ["--variant=minbase", "--include=ca-certificates"];
    await must("debootstrap", [...options, suite, root, mirror], { env });
    await clean(root);
  },
};

async function clean(root: string): Promise<void> {
  await must("chroot", [root, "apt-get", "clean"], { env });
  await must("find", [join(root, "var/lib/apt/lists"), "-type", "f", "-delete"]);
}
