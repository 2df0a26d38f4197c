import { randomUUID } from "node:crypto";
import { lab } from "../lab/index.js";
import { contextOf, fromPath } from "./build.js";
import type { TestHost } from "./host.js";

/** Starts a build with an endless step on a BuildKit, and returns its id when the step runs. */
export async function startEndless(host: TestHost, endpoint: string): Promise<string> {
  await host.builders.createBuilder({ name: "own", driver: "remote", node: { endpoint } });
  const step = `echo begun; while true; do sleep 0.1; done; : ${randomUUID()}`;
  const context = fromPath(
    await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN ${step}\n` }),
  );
  const spec = { builder: "own", context, outputs: [{ type: "cacheonly" }] };
  const { build } = await host.builds.startBuild({ spec });
  for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
    if (event?.event.case === "progress" && event.event.value.logs.length > 0) return build!.id;
    if (event?.event.case === "finished") throw new Error(JSON.stringify(event.event.value.error?.message));
  }
  throw new Error("The build had no output.");
}
