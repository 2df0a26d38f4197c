import { toJsonString } from "@bufbuild/protobuf";
import { BuildEventSchema, BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { ContinueTo } from "../../src/gen/slipway/v1/debug_pb.js";
import type { Clients } from "../host-process.js";

/**
 * Watches a build to its end, reads its streamed output, and where it is held, lists files and lets it go on. Returns how it
 * ended: `SUCCEEDED`, or a reason.
 */
export async function watch(
  { builds, debug }: Pick<Clients, "builds" | "debug">,
  id: string,
): Promise<string> {
  for await (const { event } of builds.watchBuild({ id })) {
    const { case: kind, value } = event!.event;
    if (kind === "outputReady") void discard(builds.readOutput({ id, output: value.output }));
    if (kind === "held") void lead(debug, id);
    if (kind !== "finished") continue;
    const { state, error } = value;
    return state === BuildState.SUCCEEDED ? "SUCCEEDED" : (error?.reason ?? "NO REASON");
  }
  throw new Error(`The events of build ${id} ended without its end.`);
}

/** The last events of a build, which may not have ended; one per line. */
export async function lastEvents({ builds }: Pick<Clients, "builds">, id: string): Promise<string> {
  const lines: string[] = [];
  try {
    for await (const { event } of builds.watchBuild({ id }, { timeoutMs: 2_000 }))
      if (event) lines.push(`  ${toJsonString(BuildEventSchema, event).slice(0, 500)}`);
  } catch {
    // The deadline: there are no more events.
  }
  return lines.slice(-12).join("\n");
}

/** Leads a held build by its steps. */
async function lead(debug: Clients["debug"], id: string): Promise<void> {
  // BuildKit may not answer, or the build may have ended.
  await debug.listFiles({ id, path: "/" }, { timeoutMs: 1_000 }).catch(() => {});
  await debug.continueBuild({ id, to: ContinueTo.IN }).catch(() => {});
}

async function discard(stream: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of stream);
  } catch {
    // The end of the build says why.
  }
}
