import { readFileSync } from "node:fs";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { type BuildProgress, BuildProgressSchema } from "../../gen/slipway/build/v1/build_progress_pb.js";

// biome-ignore lint/suspicious/noExplicitAny: the recorded lines are BuildKit's, not typed here
type Json = any;

/** Progress recorded with `buildx build --progress rawjson` in testdata/. */
export function recorded(name: string): { line: string; progress: BuildProgress }[] {
  const text = readFileSync(new URL(`testdata/${name}.jsonl`, import.meta.url), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => ({ line, progress: create(BuildProgressSchema, fromSolveStatus(JSON.parse(line))) }));
}

/** The output of BuildKit's plain display for a recording, with a line every `pace` milliseconds. */
export function rendered(name: string, pace: number): string {
  return readFileSync(new URL(`testdata/${name}.${pace}.txt`, import.meta.url), "utf8");
}

function fromSolveStatus(status: Json): MessageInitShape<typeof BuildProgressSchema> {
  return {
    vertexes: status.vertexes?.map((vertex: Json) => ({
      ...vertex,
      id: vertex.digest,
      startTime: time(vertex.started),
      endTime: time(vertex.completed),
    })),
    statuses: status.statuses?.map((work: Json) => ({
      ...work,
      current: BigInt(work.current),
      total: BigInt(work.total ?? 0),
      time: time(work.timestamp),
      startTime: time(work.started),
      endTime: time(work.completed),
    })),
    logs: status.logs?.map((log: Json) => ({
      ...log,
      data: Buffer.from(log.data, "base64"),
      time: time(log.timestamp),
    })),
    warnings: status.warnings?.map((warning: Json) => ({
      ...warning,
      short: Buffer.from(warning.short, "base64").toString(),
      detail: warning.detail?.map((line: string) => Buffer.from(line, "base64").toString()),
      source: warning.sourceInfo && {
        filename: warning.sourceInfo.filename,
        language: warning.sourceInfo.language,
        data: Buffer.from(warning.sourceInfo.data, "base64"),
        ranges: warning.range?.map((range: Json) => ({
          startLine: range.start.line,
          startCharacter: range.start.character,
          endLine: range.end.line,
          endCharacter: range.end.character,
        })),
      },
    })),
  };
}

function time(text: string | undefined): Timestamp | undefined {
  if (!text) return undefined;
  const [, fraction = ""] = /\.(\d+)/.exec(text) ?? [];
  const seconds = BigInt(Math.floor(Date.parse(text.replace(/\.\d+/, "")) / 1000));
  return create(TimestampSchema, { seconds, nanos: Number(fraction.padEnd(9, "0")) });
}
