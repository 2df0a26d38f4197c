import type { VertexStatus } from "../../gen/slipway/build/v1/build_progress_pb.js";
import type { Colors, Paint } from "./colors.js";
import { formatAmount } from "./format-progress.js";
import { totalSeconds } from "./intervals.js";
import { millis } from "./time.js";
import type { Trace } from "./trace.js";
import type { VertexTrace } from "./vertex-trace.js";

/** A line of the live view. */
export interface Row {
  name: string;
  /** Progress, such as "1.2MB / 3MB"; can be empty. */
  amount: string;
  seconds: number;
  isCompleted: boolean;
  paint: Paint | undefined;
  /** The step, on the first line of a step. */
  step?: VertexTrace;
}

/** The lines of all steps in order of their start, each followed by the lines of its tasks. */
export function rowsOf(trace: Trace, colors: Colors, now: number): Row[] {
  const buildkitNow = now - trace.clockSkew;
  return trace.started.flatMap((step) => {
    const seconds = totalSeconds(step.intervals, buildkitNow);
    const paint = step.isCanceled ? colors.cancel : step.isFailed ? colors.error : colors.run;
    const rows: Row[] = [
      {
        name: label(step),
        amount: "",
        seconds,
        isCompleted: step.isCompleted,
        paint: step.isCompleted ? paint : undefined,
        step,
      },
    ];
    for (const status of step.statuses) rows.push(statusRow(status, colors, buildkitNow));
    for (const { short } of step.warnings) {
      rows.push({ name: `WARN: ${short}`, amount: "", seconds, isCompleted: true, paint: colors.warning });
    }
    return rows;
  });
}

/** Drops rows that do not fit. Completed rows are dropped first, so that running steps stay visible. */
export function fitRows(rows: Row[], limit: number): Row[] {
  if (rows.length <= limit) return rows;
  if (limit <= 0) return [];
  const visible = rows.slice(-limit);
  const running = rows.slice(0, -limit).filter((row) => !row.isCompleted);
  for (let index = 0; index < visible.length && running.length > 0; index++) {
    if (!visible[index]!.isCompleted) continue;
    // The newest running rows that do not fit replace the oldest completed ones.
    visible.splice(index, 1);
    visible.unshift(running.pop()!);
  }
  return visible;
}

function label(step: VertexTrace): string {
  const name = step.name.replaceAll("\t", " ");
  if (step.isCanceled) return `CANCELED ${name}`;
  if (step.error) return `ERROR ${name}`;
  return step.cached ? `CACHED ${name}` : name;
}

function statusRow(status: VertexStatus, colors: Colors, now: number): Row {
  const start = millis(status.startTime) ?? now;
  const isCompleted = status.endTime !== undefined;
  return {
    name: `=> ${status.id}`,
    amount: formatAmount(status),
    seconds: ((millis(status.endTime) ?? now) - start) / 1000,
    isCompleted,
    paint: isCompleted ? colors.run : undefined,
  };
}
