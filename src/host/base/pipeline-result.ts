import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";

const results: Partial<Record<BuildState, string>> = {
  [BuildState.SUCCEEDED]: "success",
  [BuildState.FAILED]: "failure",
  [BuildState.CANCELED]: "cancellation",
};

/** How a build ended, in the words of OpenTelemetry's conventions. */
export function pipelineResult(state: BuildState): string {
  return results[state] ?? "error";
}
