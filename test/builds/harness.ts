import { randomUUID } from "node:crypto";
import { contextOf, fromPath } from "../host/build.js";
import type { TestHost } from "../host/host.js";
import { baseImageName } from "../lab/index.js";

/**
 * Starts a build that runs until it is stopped, and waits for the first output of its step; returns its id. The command
 * line of the step contains `mark`.
 */
export async function startEndless(
  host: TestHost,
  environment: Record<string, string>,
  mark: string = randomUUID(),
): Promise<string> {
  const context = await contextOf({
    Dockerfile: `FROM ${baseImageName}\nRUN echo begun ${mark}; while true; do sleep 0.1; done\n`,
  });
  const { build } = await host.builds.startBuild({ spec: { environment, context: fromPath(context) } });
  for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
    if (event?.event.case === "progress" && event.event.value.logs.length > 0) return build!.id;
    if (event?.event.case === "finished") throw new Error(JSON.stringify(event.event.value.error?.message));
  }
  throw new Error("The build had no output.");
}
