import { join } from "node:path";
import { type HashedFile, hashedFile } from "./hashed-file.js";
import { writeZip } from "./zip.js";

/** What a wheel says of itself, as in pyproject.toml. */
export interface Project {
  /** With hyphens. */
  name: string;
  version: string;
  description: string;
  license: string;
  "requires-python": string;
  authors: { name: string }[];
  keywords?: string[];
  classifiers?: string[];
  dependencies?: string[];
  "optional-dependencies"?: Record<string, string[]>;
  scripts?: Record<string, string>;
}

/** Where and when to write wheels. */
export interface WheelFolder {
  output: string;
  mtime: Date;
}

/**
 * Writes a wheel and returns its name.
 * @param tag of Python, ABI and platform: "py3-none-any"
 * @param documents of the project: its description in Markdown, and its license
 */
export async function writeWheel(
  project: Project,
  tag: string,
  files: readonly HashedFile[],
  documents: { readme: Buffer; license: Buffer },
  { output, mtime }: WheelFolder,
): Promise<string> {
  const stem = `${project.name.replaceAll("-", "_")}-${project.version}`;
  const info = `${stem}.dist-info`;
  const isPure = tag.endsWith("-any");
  const own = [
    await hashedFile(`${info}/licenses/LICENSE`, documents.license),
    await hashedFile(`${info}/METADATA`, Buffer.from(metadata(project, documents.readme.toString()))),
    await hashedFile(
      `${info}/WHEEL`,
      Buffer.from(`Wheel-Version: 1.0\nGenerator: slipway\nRoot-Is-Purelib: ${isPure}\nTag: ${tag}\n`),
    ),
  ];
  if (project.scripts) {
    const lines = Object.entries(project.scripts).map(([name, target]) => `${name} = ${target}\n`);
    const text = `[console_scripts]\n${lines.join("")}`;
    own.push(await hashedFile(`${info}/entry_points.txt`, Buffer.from(text)));
  }
  // By code units: a locale's order differs between machines. What describes the wheel comes last.
  const all = [...files].sort((a, b) => (a.path < b.path ? -1 : 1)).concat(own);
  const record = all.map(
    ({ path, sha256, size }) => `${quoted(path)},sha256=${sha256.toString("base64url")},${size}\n`,
  );
  record.push(`${info}/RECORD,,\n`);
  const name = `${stem}-${tag}.whl`;
  const last = await hashedFile(`${info}/RECORD`, Buffer.from(record.join("")));
  await writeZip(join(output, name), [...all, last], mtime);
  return name;
}

function metadata(project: Project, readme: string): string {
  const extras = Object.entries(project["optional-dependencies"] ?? {});
  const lines = [
    "Metadata-Version: 2.4",
    `Name: ${project.name}`,
    `Version: ${project.version}`,
    `Summary: ${project.description}`,
    `Author: ${project.authors.map(({ name }) => name).join(", ")}`,
    `License-Expression: ${project.license}`,
    "License-File: LICENSE",
    ...(project.keywords ? [`Keywords: ${project.keywords.join(",")}`] : []),
    ...(project.classifiers ?? []).map((classifier) => `Classifier: ${classifier}`),
    `Requires-Python: ${project["requires-python"]}`,
    ...(project.dependencies ?? []).map((requirement) => `Requires-Dist: ${requirement}`),
    ...extras.flatMap(([extra, requirements]) => [
      `Provides-Extra: ${extra}`,
      ...requirements.map((requirement) => `Requires-Dist: ${forExtra(requirement, extra)}`),
    ]),
    "Description-Content-Type: text/markdown",
  ];
  return `${lines.join("\n")}\n\n${readme}`;
}

/** Adds the extra to the marker of a requirement. */
function forExtra(requirement: string, extra: string): string {
  const [what, marker] = requirement.split(/ *; */);
  const is = `extra == "${extra}"`;
  return `${what}; ${marker ? `(${marker}) and ${is}` : is}`;
}

/** A path as a field of CSV. */
function quoted(path: string): string {
  return /[",]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path;
}
