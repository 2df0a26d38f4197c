import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cached, type Recipe } from "../cache.js";
import { must } from "../run.js";

const mirror = "http://deb.debian.org/debian";
// debootstrap and apt run further programs of Debian.
const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

/** What a Debian machine consists of. */
export interface BareRoot {
  /** Release of Debian. Default: bookworm. */
  suite?: "bookworm" | "trixie";
  /** Debian packages beyond the essential ones; those of another CPU as `name:arm64`. Default: none. */
  packages?: readonly string[];
}

/**
 * Root folder of a Debian machine with essential packages, apt, certificates and the given packages only: without
 * Node.js, Go and compilers. It is shared, so it is only read: see {@link startMachine}.
 */
export async function bareRoot({ suite = "bookworm", packages = [] }: BareRoot = {}): Promise<string> {
  const minimal = minimalRoot(suite);
  const bare = join(await cached(minimal), "root");
  if (packages.length === 0) return bare;
  const name = [minimal.name, ...packages].join("-").replaceAll(":", "-");
  const build = async (folder: string) => {
    const root = join(folder, "root");
    await must("cp", ["-a", bare, root]);
    await copyFile("/etc/resolv.conf", join(root, "etc/resolv.conf"));
    const inRoot = (...command: string[]) => must("chroot", [root, ...command], { env });
    const foreign = packages.flatMap((one) => one.split(":")[1] ?? []);
    for (const cpu of new Set(foreign)) await inRoot("dpkg", "--add-architecture", cpu);
    await inRoot("apt-get", "update", "-q");
    // The script of Java's certificates needs /proc.
    await must("mount", ["-t", "proc", "proc", join(root, "proc")]);
    try {
      const fast = ["--no-install-recommends", "--option", "Dpkg::Options::=--force-unsafe-io"];
      await inRoot("apt-get", "install", "-qy", ...fast, ...packages);
    } finally {
      await must("umount", [join(root, "proc")]);
    }
    await clean(root);
  };
  return join(await cached({ name, text: `${minimal.text} with ${packages.join(" ")}\n`, build }), "root");
}

const minimalRoot = (suite: string): Recipe => ({
  name: `bare-root-${suite}`,
  text: `debootstrap ${suite}, minbase, ca-certificates`,
  async build(folder) {
    const root = join(folder, "root");
    await mkdir(root);
    const options = ["--variant=minbase", "--include=ca-certificates"];
    await must("debootstrap", [...options, suite, root, mirror], { env });
    await clean(root);
  },
});

async function clean(root: string): Promise<void> {
  await must("chroot", [root, "apt-get", "clean"], { env });
  await must("find", [join(root, "var/lib/apt/lists"), "-type", "f", "-delete"]);
}
