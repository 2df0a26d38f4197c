import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type {
  BuildProgress,
  SourceLocation,
  Vertex,
  VertexLog,
  VertexStatus,
  VertexWarning,
} from "../../gen/slipway/v1/build_event_pb.js";
import { goJson } from "../output/go-json.js";
import type { Display, DisplayOptions } from "./display.js";

/** One line for each batch: BuildKit's client.SolveStatus in JSON, as `buildx --progress rawjson` writes it. */
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
    vertexes: list(vertexes.map(vertexOf)),
    statuses: list(statuses.map(statusOf)),
    logs: list(logs.map(logOf)),
    warnings: list(warnings.map(warningJson)),
  };
}

function vertexOf(vertex: Vertex): object {
  const group = vertex.progressGroup;
  return {
    digest: vertex.digest || undefined,
    inputs: list(vertex.inputs),
    name: vertex.name || undefined,
    started: rfc3339(vertex.startTime),
    completed: rfc3339(vertex.completeTime),
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
    completed: rfc3339(status.completeTime),
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
    detail: list(warning.detail.map(base64)),
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
    range: list(
      ranges.map((range) => ({
        start: position(range.startLine, range.startCharacter),
        end: position(range.endLine, range.endCharacter),
      })),
    ),
  };
}

/** How Go writes a time that is not set. */
const zeroTime = "0001-01-01T00:00:00Z";

/** A time as Go's RFC3339Nano: as many digits of the second as it needs. */
function rfc3339(time: Timestamp | undefined): string | undefined {
  if (!time) return undefined;
  const seconds = new Date(Number(time.seconds) * 1000).toISOString().slice(0, 19);
  const fraction = String(time.nanos).padStart(9, "0").replace(/0+$/, "");
  return `${seconds}${fraction && `.${fraction}`}Z`;
}

function base64(data: Uint8Array | string): string {
  return Buffer.from(data as Uint8Array).toString("base64");
}

function list<T>(items: T[]): T[] | undefined {
  return items.length > 0 ? items : undefined;
}
