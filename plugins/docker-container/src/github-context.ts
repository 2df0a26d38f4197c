import { readFile } from "node:fs/promises";
import type { Environment } from "slipway/driver";

/** Name of the daemon's file whose content BuildKit adds to provenance. */
export const githubContextFile = "provenance.d/github_actions_context.json";

/** Variables of GitHub Actions in groups; a group is included only when all of its variables are set. */
const groups = [
  ["GITHUB_ACTOR", "GITHUB_ACTOR_ID", "GITHUB_TRIGGERING_ACTOR"],
  ["GITHUB_REF", "GITHUB_REF_NAME", "GITHUB_REF_PROTECTED", "GITHUB_REF_TYPE"],
  ["GITHUB_REPOSITORY", "GITHUB_REPOSITORY_ID", "GITHUB_REPOSITORY_OWNER", "GITHUB_REPOSITORY_OWNER_ID"],
  [
    ...["GITHUB_JOB", "GITHUB_RUN_ATTEMPT", "GITHUB_RUN_ID", "GITHUB_RUN_NUMBER", "GITHUB_SERVER_URL"],
    ...["GITHUB_WORKFLOW", "GITHUB_WORKFLOW_REF", "GITHUB_WORKFLOW_SHA"],
  ],
  [
    ...["ImageOS", "ImageVersion", "RUNNER_OS", "RUNNER_ARCH", "RUNNER_ENVIRONMENT"],
    ...["RUNNER_TRACKING_ID", "RUNNER_NAME"],
  ],
];

/** All variables that are read. */
export const githubVariables = ["GITHUB_ACTIONS", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", ...groups.flat()];

/** buildx's description of a GitHub Actions job; undefined outside a job. Throws when the event file cannot be read. */
export async function githubContext(environment: Environment): Promise<Uint8Array | undefined> {
  const { GITHUB_ACTIONS, GITHUB_EVENT_NAME, GITHUB_EVENT_PATH } = environment;
  if (GITHUB_ACTIONS !== "true" || !GITHUB_EVENT_NAME || !GITHUB_EVENT_PATH) return undefined;
  const known: Record<string, unknown> = {
    github_event_name: GITHUB_EVENT_NAME,
    github_event_payload: JSON.parse(await readFile(GITHUB_EVENT_PATH, "utf8")),
  };
  for (const group of groups.filter((names) => names.every((name) => environment[name])))
    for (const name of group) known[fieldOf(name)] = environment[name];
  return new TextEncoder().encode(JSON.stringify(known));
}

/** GITHUB_RUN_ID becomes github_run_id, RUNNER_OS github_runner_os and ImageOS github_runner_image_os. */
function fieldOf(variable: string): string {
  if (variable.startsWith("Image")) return variable.replace("Image", "github_runner_image_").toLowerCase();
  return (variable.startsWith("RUNNER_") ? `github_${variable}` : variable).toLowerCase();
}
