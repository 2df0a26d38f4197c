import { FileSettings } from "../base/file-settings.js";
import type { Log } from "../base/log.js";
import {
  Entry,
  fileRefused,
  isProjectName,
  listIn,
  parseSections,
  projectNameRule,
  readEntriesFile,
} from "./entries-file.js";

/** What an operator sets for a project. */
export interface ProjectSettings {
  /** Its part of the running builds, compared with other projects and with principals without one, which have 1. */
  readonly weight: number;
  /** How many of its builds may run at the same time; Infinity for no limit. */
  readonly runningBuilds: number;
  /** How many of its builds may wait; Infinity for no limit. */
  readonly queuedBuilds: number;
  /** The highest priority of its builds. */
  readonly priority: number;
}

/** The settings of a project that is not listed. */
export const usualProject: ProjectSettings = {
  weight: 1,
  runningBuilds: Number.POSITIVE_INFINITY,
  queuedBuilds: Number.POSITIVE_INFINITY,
  priority: 0,
};

/** The settings of projects from a file, which is read again when it changes. */
export class ProjectsFile {
  private constructor(private readonly settings: FileSettings<ReadonlyMap<string, ProjectSettings>>) {}

  /** Reads the file with {@link readProjectsFile}. Its owner closes it. */
  static async open(file: string, log: Log): Promise<ProjectsFile> {
    const read = () => readProjectsFile(file);
    return new ProjectsFile(await FileSettings.open({ title: "projects file", files: [file], read, log }));
  }

  /** The present settings of a project. */
  settingsOf(name: string): ProjectSettings {
    return this.settings.value.get(name) ?? usualProject;
  }

  /** Calls back when the settings have changed. */
  onChange(callback: () => void): void {
    this.settings.onChange(callback);
  }

  /** Stops watching the file. */
  close(): void {
    this.settings.close();
  }
}

/**
 * Reads a projects file, which must be one that only this user or root can change or read. FAILED_PRECONDITION otherwise,
 * reasons PROJECTS_FILE_UNREADABLE, PROJECTS_FILE_UNSAFE and PROJECTS_FILE_INVALID.
 */
export async function readProjectsFile(file: string): Promise<ReadonlyMap<string, ProjectSettings>> {
  const text = await readEntriesFile(file, {
    title: "projects file",
    unreadable: "PROJECTS_FILE_UNREADABLE",
    unsafe: "PROJECTS_FILE_UNSAFE",
  });
  return parseProjectsFile(file, text);
}

/** Parses a projects file: TOML with `[[project]]`. */
export function parseProjectsFile(file: string, text: string): ReadonlyMap<string, ProjectSettings> {
  const invalid = (why: string) =>
    fileRefused(
      file,
      "PROJECTS_FILE_INVALID",
      `The projects file ${file} is not valid: ${why}.`,
      "Correct the entry; docs/operations.md describes it.",
    );
  const values = listIn(parseSections(text, ["project"], invalid), "project", invalid);
  const projects = new Map<string, ProjectSettings>();
  for (const [index, value] of values.entries()) {
    const entry = new ProjectEntry(value, `project[${index}]`, projectKeys, invalid);
    const name = entry.name();
    if (projects.has(name)) throw invalid(`"${name}" is listed twice`);
    projects.set(name, {
      weight: entry.number("weight", { from: 0.01, to: 1000, isWhole: false }) ?? usualProject.weight,
      runningBuilds: entry.number("running_builds", { from: 1, to: 1e6 }) ?? usualProject.runningBuilds,
      queuedBuilds: entry.number("queued_builds", { from: 0, to: 1e6 }) ?? usualProject.queuedBuilds,
      priority: entry.number("priority", { from: 0, to: 2 ** 31 - 1 }) ?? usualProject.priority,
    });
  }
  return projects;
}

const projectKeys = ["name", "weight", "running_builds", "queued_builds", "priority"];

class ProjectEntry extends Entry {
  name(): string {
    const { name } = this.values;
    if (typeof name === "string" && isProjectName(name)) return name;
    throw this.fault("name", projectNameRule);
  }

  number(key: string, { from, to, isWhole = true }: { from: number; to: number; isWhole?: boolean }) {
    const value = this.values[key];
    if (value === undefined) return undefined;
    const isNumber = typeof value === "number" && (Number.isInteger(value) || !isWhole);
    if (isNumber && value >= from && value <= to) return value;
    throw this.fault(key, `must be a ${isWhole ? "whole " : ""}number from ${from} to ${to}`);
  }
}
