import { resolve } from "node:path";
import { parseContextUrl } from "../../inputs/context-url.js";
import { printError } from "../output/print.js";
import { isTrue } from "../values/is-true.js";
import { saveLocalState, saveLocalStateGroup } from "./local-state.js";

/** A build that is kept for buildx and Docker Desktop. */
export interface KeptBuild {
  /** Path, URL or "-". */
  context: string;
  /** Path of the Dockerfile, or its name in a context that is a URL. */
  file?: string;
  /** Name of the target. Default: "default". */
  target?: string;
  /** Id of the group of builds that it belongs to. */
  group?: string;
}

/** Whether builds are kept: only on the host's own machine, and unless the user switches it off. */
export function keepsLocalState({ isLocal }: { isLocal: boolean }): boolean {
  return isLocal && !isTrue(process.env.SLIPWAY_NO_LOCAL_STATE);
}

/**
 * Keeps the context and the Dockerfile of a build for buildx and Docker Desktop. A build goes on when that is not
 * possible, with a warning.
 * @param ref "builder/node/reference"
 */
export async function keepLocalState(
  ref: string,
  { context, file = "", target = "default", group }: KeptBuild,
): Promise<void> {
  const isRemote = context === "-" || isUrl(context);
  const path = (text: string) => (text && text !== "-" && !isRemote && !isUrl(text) ? resolve(text) : text);
  const state = { Target: target, LocalPath: path(context), DockerfilePath: path(file), GroupRef: group };
  await warned(() => saveLocalState(ref, state, process.env));
}

/** Keeps which builds one command has started; with a warning when that is not possible. */
export async function keepLocalStateGroup(
  id: string,
  targets: readonly string[],
  refs: readonly string[],
): Promise<void> {
  const group = { ...(targets.length > 0 && { Targets: targets }), Refs: refs };
  await warned(() => saveLocalStateGroup(id, group, process.env));
}

async function warned(save: () => Promise<void>): Promise<void> {
  try {
    await save();
  } catch (cause) {
    printError(`WARNING: buildx and Docker Desktop will not know this build: ${(cause as Error).message}\n`);
  }
}

function isUrl(text: string): boolean {
  try {
    return parseContextUrl(text) !== undefined;
  } catch {
    return false;
  }
}
