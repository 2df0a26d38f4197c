import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Output } from "./output.js";

/** The jars of the Java client: its classes, its sources and its documentation. */
const classifiers = ["", "-sources", "-javadoc"];

/**
 * Writes the jars of the Java client with their POM, and returns the names. Maven makes them in a copy, since it writes
 * beside the sources.
 */
export async function writeJavaClient({ root, folder, version, mtime }: Output): Promise<string[]> {
  const copy = await mkdtemp(join(tmpdir(), "slipway-java-client-"));
  try {
    await cp(join(root, "proto"), join(copy, "proto"), { recursive: true });
    const client = join(copy, "clients/java");
    const isSource = (path: string) => !/\/target(\/|$)/.test(path.slice(root.length));
    await cp(join(root, "clients/java"), client, { recursive: true, filter: isSource });
    await withUsualModes(copy);
    // All files in the jars have this time.
    const time = `-Dproject.build.outputTimestamp=${mtime.toISOString()}`;
    const command = `umask 022; exec mvn -q -B -Prelease ${time} package`;
    const maven = spawn("sh", ["-c", command], { cwd: client, stdio: "inherit" });
    const [code] = await once(maven, "exit");
    if (code === 127)
      throw new Error(
        "The Java client needs Maven and a JDK. Install them, or leave it out with --without java-client.",
      );
    if (code !== 0) throw new Error(`Maven exited with ${code}.`);
    const names = classifiers.map((classifier) => `slipway-client-${version}${classifier}.jar`);
    for (const name of names) await copyFile(join(client, "target", name), join(folder, name));
    const pom = `slipway-client-${version}.pom`;
    await copyFile(join(client, "pom.xml"), join(folder, pom));
    return [...names, pom];
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** Gives all files below a folder the modes that they have with the usual umask: the jars have them. */
async function withUsualModes(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
}
