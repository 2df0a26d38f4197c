import { readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { writeWholeFile } from "../../util/file-sink.js";

/** What buildx and Docker Desktop keep of a build on this machine, with buildx's keys. */
export interface LocalState {
  /** Name of the target. */
  Target: string;
  /** Absolute path or URL of the context; "-" for stdin. */
  LocalPath: string;
  /** Absolute path of the Dockerfile, or its name in a context that is a URL; empty means the default. */
  DockerfilePath: string;
  /** The group of builds that it belongs to. */
  GroupRef?: string;
}

/** What buildx and Docker Desktop keep of builds that one command starts. */
export interface LocalStateGroup {
  /** The targets of the command. */
  Targets?: readonly string[];
  /** References of the builds, without builder and node. */
  Refs: readonly string[];
}

/** The folder of buildx's configuration; undefined for a user without a home. */
export function buildxFolder(env: NodeJS.ProcessEnv): string | undefined {
  if (env.BUILDX_CONFIG) return env.BUILDX_CONFIG;
  if (env.DOCKER_CONFIG) return join(env.DOCKER_CONFIG, "buildx");
  try {
    return join(homedir(), ".docker", "buildx");
  } catch {
    return undefined;
  }
}

/**
 * Keeps the state of a build where buildx and Docker Desktop look for it.
 * @param ref "builder/node/reference"
 */
export async function saveLocalState(ref: string, state: LocalState, env: NodeJS.ProcessEnv): Promise<void> {
  const path = pathOf(ref, env);
  if (path) await writeWholeFile(path, JSON.stringify(state));
}

/** Keeps what belongs to the builds of a command. */
export async function saveLocalStateGroup(
  id: string,
  group: LocalStateGroup,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const folder = buildxFolder(env);
  if (folder) await writeWholeFile(join(folder, "refs", "__group__", id), JSON.stringify(group));
}

/** The state of a build; undefined if there is none that can be read. */
export async function readLocalState(ref: string, env: NodeJS.ProcessEnv): Promise<LocalState | undefined> {
  const path = pathOf(ref, env);
  if (!path) return undefined;
  try {
    const { Target, LocalPath, DockerfilePath, GroupRef } = JSON.parse(await readFile(path, "utf8"));
    const text = (value: unknown) => (typeof value === "string" ? value : "");
    return {
      Target: text(Target),
      LocalPath: text(LocalPath),
      DockerfilePath: text(DockerfilePath),
      GroupRef: text(GroupRef),
    };
  } catch {
    return undefined;
  }
}

/** Removes the states of the builds of a builder, as buildx does when it removes the builder. */
export async function removeLocalStates(builder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const folder = buildxFolder(env);
  if (folder && isName(builder)) await rm(join(folder, "refs", builder), { recursive: true, force: true });
}

function pathOf(ref: string, env: NodeJS.ProcessEnv): string | undefined {
  const parts = ref.split("/");
  const folder = buildxFolder(env);
  return folder && parts.length === 3 && parts.every(isName) ? join(folder, "refs", ...parts) : undefined;
}

/** Whether a part of a reference is the name of a file. */
function isName(part: string): boolean {
  return /^[a-zA-Z0-9][\w.-]*$/.test(part);
}
