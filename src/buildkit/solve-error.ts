import { ConnectError } from "@connectrpc/connect";

/** Why a build failed, as reported by BuildKit. */
export interface SolveFailure {
  /** UNKNOWN for most failures of a build. */
  code: ConnectError["code"];
  message: string;
  /** Digest of the failed vertex in the progress. */
  vertexDigest?: string;
  /** Exit code of the process, if one failed. */
  exitCode?: number;
  /** Locations of the failure in the Dockerfile or another source, outermost first. */
  sources: SourceExcerpt[];
}

/** A location in a source file. */
export interface SourceExcerpt {
  filename: string;
  /** Content of the file. */
  data: string;
  /** `Dockerfile`, or empty if BuildKit does not report it. */
  language: string;
  /** Lines with the failure. */
  ranges: LineRange[];
}

/** First and last line, starting at 1. */
export interface LineRange {
  start: number;
  end: number;
}

/** Reads the details of an error of `Control.Solve`. BuildKit before 0.9 sends only the message. */
export function readSolveError(cause: unknown): SolveFailure {
  const error = ConnectError.from(cause);
  const failure: SolveFailure = { code: error.code, message: error.rawMessage, sources: [] };
  for (const detail of error.details) {
    if (!("type" in detail)) continue;
    // The type is the part of the type URL after its last slash. The value is JSON without zero values.
    const value = parseDetail(detail.value);
    if (detail.type === "errdefs.Vertex+json") failure.vertexDigest = text(value.digest);
    else if (detail.type === "gatewayapi.ExitMessage+json") failure.exitCode = Number(value.Code ?? 0);
    else if (detail.type === "errdefs.Source+json") failure.sources.push(readSource(value));
  }
  const exit = error.rawMessage.match(/exit code: (\d+)$/);
  if (exit) failure.exitCode ??= Number(exit[1]);
  return failure;
}

/** Prints a location as buildx does: marks its lines and adds some lines of context. Ends with a newline. */
export function printSource({ filename, data, ranges }: SourceExcerpt): string {
  const lines = data.split("\n");
  const first = Math.min(...ranges.map(({ start }) => start));
  const last = Math.min(Math.max(...ranges.map(({ start, end }) => Math.max(start, end))), lines.length);
  if (ranges.length === 0 || first < 1 || first > lines.length) return "";
  const around = first === last ? 2 : 1;
  const from = Math.max(1, first - around);
  const shown = lines.slice(from - 1, last + around).map((line, i) => {
    const number = from + i;
    const blamed = ranges.some(({ start, end }) => number >= start && number <= Math.max(start, end));
    return ` ${String(number).padStart(3)} | ${blamed ? ">>>" : "   "} ${line}\n`;
  });
  const rule = `${"-".repeat(20)}\n`;
  return `${filename}:${first}\n${rule}${shown.join("")}${rule}`;
}

type Json = { [key: string]: unknown };

function parseDetail(value: Uint8Array): Json {
  try {
    return object(JSON.parse(Buffer.from(value).toString()));
  } catch {
    return {};
  }
}

function readSource(value: Json): SourceExcerpt {
  const info = object(value.info);
  const ranges = Array.isArray(value.ranges) ? value.ranges.map(object) : [];
  return {
    filename: text(info.filename),
    language: text(info.language),
    data: Buffer.from(text(info.data), "base64").toString(),
    ranges: ranges.map(({ start, end }) => ({
      start: Number(object(start).line ?? 0),
      end: Number(object(end).line ?? 0),
    })),
  };
}

const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const text = (value: unknown): string => (typeof value === "string" ? value : "");
