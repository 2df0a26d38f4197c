import type {
  BuildProgress,
  Vertex,
  VertexLog,
  VertexStatus,
  VertexWarning,
} from "../../gen/slipway/build/v1/build_progress_pb.js";
import type { SourceLocation } from "../../gen/slipway/build/v1/source_pb.js";
import { goJson, omitEmpty } from "../output/go-json.js";
import { rfc3339, zeroTime } from "../output/go-time.js";
import type { Display, DisplayOptions } from "./display.js";

/** Writes a line for each batch: BuildKit's client.SolveStatus in JSON, as `buildx --progress rawjson` does. */
export class RawJsonDisplay implements Display {
  readonly #options: DisplayOptions;

  constructor(options: DisplayOptions) {
    this.#options = options;
  }

  describe(): void {}

  update(progress: BuildProgress): void {
    this.#options.write(`${goJson(solveStatus(progress))}\n`);
  }

  refresh(): void {}

  close(): void {}
}

/** A batch with the field names, order and omissions of BuildKit's Go type. */
function solveStatus({ vertexes, statuses, logs, warnings }: BuildProgress): object {
  return {
    vertexes: omitEmpty(vertexes.map(vertexOf)),
    statuses: omitEmpty(statuses.map(statusOf)),
    logs: omitEmpty(logs.map(logOf)),
    warnings: omitEmpty(warnings.map(warningJson)),
  };
}

function vertexOf(vertex: Vertex): object {
  const group = vertex.progressGroup;
  return {
    digest: vertex.id || undefined,
    inputs: omitEmpty(vertex.inputs),
    name: vertex.name || undefined,
    started: rfc3339(vertex.startTime),
    completed: rfc3339(vertex.endTime),
    cached: vertex.cached || undefined,
    error: vertex.error || undefined,
    progressGroup: group && {
      id: group.id || undefined,
      name: group.name || undefined,
      weak: group.weak || undefined,
    },
  };
}

function statusOf(status: VertexStatus): object {
  return {
    id: status.id,
    vertex: status.vertex || undefined,
    name: status.name || undefined,
    total: Number(status.total) || undefined,
    current: Number(status.current),
    timestamp: rfc3339(status.time) ?? zeroTime,
    started: rfc3339(status.startTime),
    completed: rfc3339(status.endTime),
  };
}

function logOf(log: VertexLog): object {
  return {
    vertex: log.vertex || undefined,
    stream: log.stream || undefined,
    data: base64(log.data),
    timestamp: rfc3339(log.time) ?? zeroTime,
  };
}

/** A warning of the frontend in the JSON of BuildKit's client. */
export function warningJson(warning: VertexWarning): object {
  return {
    vertex: warning.vertex || undefined,
    level: warning.level || undefined,
    short: base64(warning.short) || undefined,
    detail: omitEmpty(warning.detail.map(base64)),
    url: warning.url || undefined,
    ...(warning.source && sourceOf(warning.source)),
  };
}

function sourceOf({ filename, data, language, ranges }: SourceLocation): object {
  const position = (line: number, character: number) => ({
    line: line || undefined,
    character: character || undefined,
  });
  return {
    sourceInfo: {
      filename: filename || undefined,
      data: base64(data) || undefined,
      language: language || undefined,
    },
    range: omitEmpty(
      ranges.map((range) => ({
        start: position(range.startLine, range.startCharacter),
        end: position(range.endLine, range.endCharacter),
      })),
    ),
  };
}

function base64(data: Uint8Array | string): string {
  return Buffer.from(data as Uint8Array).toString("base64");
}
