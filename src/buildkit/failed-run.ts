import { fromJson } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { type ExecOp, type Op, OpSchema } from "../gen/pb/ops_pb.js";
import { parseObject } from "../image/documents.js";

/** A RUN step that failed, as BuildKit keeps it while the solve is in progress. */
export interface FailedRun {
  readonly exec: ExecOp;
  readonly platform: Op["platform"];
  /** What the mounts of {@link exec} hold now, in their order; empty for those that hold nothing. */
  readonly after: readonly string[];
  /** What they held before the step. */
  readonly before: readonly string[];
}

/** Reads what failed from an error of the gateway; undefined when it is no RUN step, and for BuildKit before 0.9. */
export function readFailedRun(cause: unknown): FailedRun | undefined {
  for (const detail of ConnectError.from(cause).details) {
    if (!("type" in detail) || detail.type !== "errdefs.Solve+json") continue;
    const solve = read(detail.value);
    if (solve?.step.op.case !== "exec") continue;
    const { op, platform } = solve.step;
    const [before, after] = [texts(solve.inputIDs), texts(solve.mountIDs)];
    // An input that cannot be found fails the step before it has mounts.
    if (after.length >= op.value.mounts.length) return { exec: op.value, platform, before, after };
  }
  return undefined;
}

/** Undefined for what cannot be read: then the step is one without a place for processes. */
function read(value: Uint8Array): { step: Op; inputIDs?: unknown; mountIDs?: unknown } | undefined {
  try {
    const { op = {}, inputIDs, mountIDs } = parseObject(value, "the error of a step");
    return { step: fromJson(OpSchema, op, { ignoreUnknownFields: true }), inputIDs, mountIDs };
  } catch {
    return undefined;
  }
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((each) => (typeof each === "string" ? each : "")) : [];
