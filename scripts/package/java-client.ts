import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, cp, mkdtemp, rm } from "node:fs/promises";
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
    // All files in the jars have this time.
    const time = `-Dproject.build.outputTimestamp=${mtime.toISOString()}`;
    const maven = spawn("mvn", ["-q", "-B", "-Prelease", time, "package"], { cwd: client, stdio: "inherit" });
    const [code] = await once(maven, "exit").catch((cause) => {
      throw new Error(
        "The Java client needs Maven and a JDK. Install them, or leave it out with --without java-client.",
        {
          cause,
        },
      );
    });
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
