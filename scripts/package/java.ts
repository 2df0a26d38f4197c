import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type HashedFile, hashedFile } from "./hashed-file.js";
import type { Output } from "./output.js";
import { writeZip } from "./zip.js";

/** Maven's classifiers of platforms: the system, and the CPU as the JVM's `os.arch` and Maven's plugins normalize it. */
const classifiers: Record<string, string> = { "linux-x64": "linux-x86_64", "linux-arm64": "linux-aarch_64" };

/** Writes the jar with the program and its Node.js for a platform, and returns its name. */
export async function writeHostJar(
  platform: string,
  program: readonly HashedFile[],
  { folder, version, mtime }: Output,
): Promise<string> {
  const classifier = classifiers[platform];
  if (!classifier) throw new Error(`scripts/package/java.ts has no classifier for ${platform}`);
  const inJar = `META-INF/slipway/host/${classifier}`;
  const files = [...program].sort((a, b) => (a.path < b.path ? -1 : 1));
  // Which files the client unpacks: a class loader cannot list the folders of a jar.
  const list = files.map(
    ({ path, executable, sha256 }) => `${sha256.toString("hex")} ${executable ? "x" : "-"} ${path}\n`,
  );
  const name = `slipway-host-${version}-${classifier}.jar`;
  const all = [
    // The first one, as in every jar.
    await hashedFile(
      "META-INF/MANIFEST.MF",
      Buffer.from("Manifest-Version: 1.0\r\nCreated-By: slipway\r\n\r\n"),
    ),
    await hashedFile(`${inJar}/FILES`, Buffer.from(list.join(""))),
    ...files.map((file) => ({ ...file, path: `${inJar}/${file.path}` })),
  ];
  await writeZip(join(folder, name), all, mtime);
  return name;
}

/** Writes the POM of the jars with the program, and returns its name. */
export async function writeHostPom({ folder, version }: Output): Promise<string> {
  const name = `slipway-host-${version}.pom`;
  await writeFile(
    join(folder, name),
    `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.slipway</groupId>
  <artifactId>slipway-host</artifactId>
  <version>${version}</version>
  <!-- The jars have classifiers: one for each platform. -->
  <packaging>pom</packaging>
  <name>Slipway host</name>
  <description>The host of Slipway, with its drivers and its own Node.js, for the Java client</description>
  <licenses>
    <license>
      <name>Apache-2.0</name>
      <url>https://www.apache.org/licenses/LICENSE-2.0.txt</url>
    </license>
  </licenses>
  <developers>
    <developer>
      <name>The Slipway authors</name>
    </developer>
  </developers>
</project>
`,
  );
  return name;
}
