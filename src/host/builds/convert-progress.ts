import { create } from "@bufbuild/protobuf";
import { errorText } from "../../buildkit/error-text.js";
import type { StatusResponse, VertexWarning as WireWarning } from "../../gen/moby/buildkit/v1/control_pb.js";
import { type BuildProgress, BuildProgressSchema } from "../../gen/slipway/build/v1/build_progress_pb.js";

const text = new TextDecoder();

/** Converts BuildKit's progress to the API's. The node is named only when a build has several. */
export function convertProgress(status: StatusResponse, node = ""): BuildProgress {
  return create(BuildProgressSchema, {
    node,
    vertexes: status.vertexes.map((vertex) => ({
      id: vertex.digest,
      inputs: vertex.inputs,
      name: vertex.name,
      cached: vertex.cached,
      startTime: vertex.started,
      endTime: vertex.completed,
      error: errorText(vertex.error),
      progressGroup: vertex.progressGroup && {
        id: vertex.progressGroup.id,
        name: vertex.progressGroup.name,
        weak: vertex.progressGroup.weak,
      },
    })),
    statuses: status.statuses.map((item) => ({
      id: item.id,
      vertex: item.vertex,
      name: item.name,
      current: item.current,
      total: item.total,
      time: item.timestamp,
      startTime: item.started,
      endTime: item.completed,
    })),
    logs: status.logs.map((log) => ({
      vertex: log.vertex,
      time: log.timestamp,
      // BuildKit numbers the streams in the same way.
      stream: Number(log.stream),
      data: log.msg,
    })),
    warnings: status.warnings.map(convertWarning),
  });
}

function convertWarning(warning: WireWarning) {
  return {
    vertex: warning.vertex,
    level: Number(warning.level),
    short: text.decode(warning.short),
    detail: warning.detail.map((line) => text.decode(line)),
    url: warning.url,
    source: warning.info && {
      filename: warning.info.filename,
      data: warning.info.data,
      language: warning.info.language,
      ranges: warning.ranges.map(({ start, end = start }) => ({
        startLine: start?.line,
        startCharacter: start?.character,
        endLine: end?.line,
        endCharacter: end?.character,
      })),
    },
  };
}
