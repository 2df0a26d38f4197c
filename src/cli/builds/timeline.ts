import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { BuildEvent } from "../../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../../gen/slipway/v1/build_pb.js";
import { spanOf, type WaterfallRow } from "../output/waterfall.js";
import { millis } from "../progress/time.js";
import { Trace } from "../progress/trace.js";
import { stateName } from "./build-output.js";

/** A step of a {@link Timeline}. */
export interface TimelineStep {
  name: string;
  state: "run" | "cached" | "failed" | "canceled" | "running";
  /** In seconds since the first step began. */
  start: number;
  end: number;
  error?: string;
}

/** When the steps of a build ran, by BuildKit's clock. */
export interface Timeline {
  build: Build;
  /** When the first step began; undefined when none did. */
  startTime?: Date;
  /** From the start of the first step to the end of the last one, in seconds. */
  duration: number;
  /** In the order of their starts. */
  steps: TimelineStep[];
}

/** The steps in the events of a build. One that runs lasts until the last event. */
export function timelineOf(build: Build, events: readonly BuildEvent[]): Timeline {
  const trace = new Trace(() => 0);
  let now = 0;
  for (const { event, time } of events) {
    now = millis(time) ?? now;
    if (event.case !== "progress") continue;
    trace.update(event.value);
    trace.markShown();
  }
  const ran = trace.started.map((step) => {
    const start = step.intervals[0]!.start / 1000;
    const stop = step.intervals.at(-1)!.stop ?? Math.max(now, step.intervals.at(-1)!.start);
    return { step, start, end: stop / 1000 };
  });
  if (ran.length === 0) return { build, duration: 0, steps: [] };
  const { first, total } = spanOf(ran);
  return {
    build,
    startTime: new Date(first * 1000),
    duration: total,
    steps: ran
      .sort((a, b) => a.start - b.start)
      .map(({ step, start, end }) => ({
        name: step.name,
        state: stateOf(step),
        start: start - first,
        end: end - first,
        ...(step.error && { error: step.error }),
      })),
  };
}

function stateOf(step: Trace["started"][number]): TimelineStep["state"] {
  if (step.isCanceled) return "canceled";
  if (step.isFailed) return "failed";
  if (!step.isCompleted) return "running";
  return step.cached ? "cached" : "run";
}

/** The timeline for a waterfall in the terminal. */
export function timelineRows({ steps }: Timeline): WaterfallRow[] {
  return steps.map(({ name, state, start, end }) => ({
    name,
    depth: 0,
    start,
    end,
    mark: state === "failed" ? "!" : state === "cached" ? "░" : "█",
  }));
}

/** The timeline in the CLI's JSON. */
export function timelineJson({ build, startTime, duration, steps }: Timeline): object {
  return {
    ID: build.id,
    Name: build.displayName,
    State: stateName(build),
    CreatedAt: build.createTime && timestampDate(build.createTime).toISOString(),
    StartedAt: startTime?.toISOString(),
    DurationSeconds: rounded(duration),
    Steps: steps.map(({ name, state, start, end, error }) => ({
      Name: name,
      State: state,
      StartSeconds: rounded(start),
      DurationSeconds: rounded(end - start),
      Error: error,
    })),
  };
}

/** To microseconds. */
function rounded(seconds: number): number {
  return Number(seconds.toFixed(6));
}
