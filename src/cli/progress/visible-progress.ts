import type { BuildProgress, Vertex } from "../../gen/slipway/build/v1/build_progress_pb.js";
import { visibleLine, visibleText } from "../output/visible.js";

/** Progress whose names, errors and warnings cannot control a terminal. The output of steps stays as it is. */
export function visibleProgress(progress: BuildProgress): BuildProgress {
  return {
    ...progress,
    node: visibleLine(progress.node),
    vertexes: progress.vertexes.map(visibleVertex),
    statuses: progress.statuses.map((status) => ({ ...status, id: visibleLine(status.id) })),
    warnings: progress.warnings.map((warning) => ({ ...warning, short: visibleLine(warning.short) })),
  };
}

function visibleVertex(vertex: Vertex): Vertex {
  const { name, error, progressGroup } = vertex;
  return {
    ...vertex,
    name: stepName(name),
    error: visibleText(error),
    progressGroup: progressGroup && { ...progressGroup, name: stepName(progressGroup.name) },
  };
}

/** Commands in a Dockerfile are often indented with tabs. */
function stepName(name: string): string {
  return name.split("\t").map(visibleLine).join("\t");
}
