import { writeFile } from "node:fs/promises";
import { watchBuild } from "../../client/watch-build.js";
import { InputError } from "../../errors/input-error.js";
import type { BuildEvent } from "../../gen/slipway/v1/build_event_pb.js";
import { type Host, withHost } from "../host.js";
import { outputWidth, print } from "../output/print.js";
import { waterfall } from "../output/waterfall.js";
import { type Timeline, timelineJson, timelineOf, timelineRows } from "./timeline.js";
import { timelineSvg } from "./timeline-svg.js";

/** The flags of `builds trace`. */
export interface BuildsTraceFlags {
  format?: string;
  output?: string;
}

/** Writes timelines in a format. */
const formats: Record<string, (timeline: Timeline) => string> = {
  pretty: (timeline) => waterfall(timelineRows(timeline), outputWidth()),
  json: (timeline) => `${JSON.stringify(timelineJson(timeline), undefined, 2)}\n`,
  svg: timelineSvg,
};

/** `slipway builds trace` */
export async function runBuildsTrace(id: string, { format, output }: BuildsTraceFlags): Promise<void> {
  const name = format ?? /\.(json|svg)$/.exec(output ?? "")?.[1] ?? "pretty";
  const write = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (!write) {
    throw new InputError({
      reason: "FORMAT_UNKNOWN",
      field: "--format",
      message: `Unknown format ${JSON.stringify(name)}.`,
      remedy: "Use pretty, json or svg.",
    });
  }
  const text = write(await withHost((host) => readTimeline(host, id)));
  if (output === undefined) print(text);
  else await writeFile(output, text);
}

/** The timeline of a build until now. */
async function readTimeline(host: Host, id: string): Promise<Timeline> {
  const { build } = await host.builds.getBuild({ id });
  const events: BuildEvent[] = [];
  if (build!.lastSequence > 0n) {
    for await (const event of watchBuild(host, id)) {
      events.push(event);
      if (event.sequence >= build!.lastSequence) break;
    }
  }
  return timelineOf(build!, events);
}
