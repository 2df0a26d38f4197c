import type { MessageInitShape } from "@bufbuild/protobuf";
import type { GraphStep } from "../../../buildkit/step-graph.js";
import type { HeldStepSchema } from "../../../gen/slipway/v1/build_event_pb.js";
import type { InspectStepResponseSchema } from "../../../gen/slipway/v1/debug_pb.js";
import { platformName } from "../../nodes/platform-name.js";
import type { Point } from "./program.js";

/** Where the build stands, the innermost step first. */
export function stackOf({ step, done, callers }: Point): MessageInitShape<typeof HeldStepSchema>[] {
  return [step, ...callers].map(({ digest, name, source }, index) => ({
    vertex: digest,
    name,
    source: source && { filename: source.filename, language: source.language, ranges: [source.range] },
    isDone: index === 0 && done !== undefined,
  }));
}

/**
 * What a step does and where it is written.
 * @param maxBytes of the text of the file; it is left out above that
 */
export function describeStep(
  { op, source }: GraphStep,
  maxBytes: number,
): MessageInitShape<typeof InspectStepResponseSchema> {
  const { args = [], env = [], user, cwd } = (op.op.case === "exec" && op.op.value.meta) || {};
  return {
    args,
    environment: Object.fromEntries(env.map(variable)),
    user,
    workingDirectory: cwd,
    platform: op.platform ? platformName(op.platform) : "",
    source: source && {
      filename: source.filename,
      language: source.language,
      ranges: [source.range],
      data: source.data.length > maxBytes ? new Uint8Array() : source.data,
    },
  };
}

function variable(text: string): [name: string, value: string] {
  const [name = ""] = text.split("=", 1);
  return [name, text.slice(name.length + 1)];
}
