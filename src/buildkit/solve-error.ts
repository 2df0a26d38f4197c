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
  /** Why a policy does not allow a source. */
  denials: string[];
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
  const failure: SolveFailure = { code: error.code, message: error.rawMessage, sources: [], denials: [] };
  for (const detail of error.details) {
    if (!("type" in detail)) continue;
    // The type is the part of the type URL after its last slash. The value is JSON without zero values.
    const value = parseDetail(detail.value);
    if (detail.type === "errdefs.Vertex+json") failure.vertexDigest = text(value.digest);
    else if (detail.type === "gatewayapi.ExitMessage+json") failure.exitCode = int32(value.Code);
    else if (detail.type === "policysession.DecisionResponse+json")
      failure.denials.push(...readDenials(value));
    else if (detail.type === "errdefs.Source+json") failure.sources.push(readSource(value));
  }
  const exit = error.rawMessage.match(/exit code: (\d+)$/);
  if (exit) failure.exitCode ??= int32(Number(exit[1]));
  return failure;
}

type Json = { [key: string]: unknown };

function parseDetail(value: Uint8Array): Json {
  try {
    return object(JSON.parse(Buffer.from(value).toString()));
  } catch {
    return {};
  }
}

function readDenials({ denyMessages }: Json): string[] {
  return Array.isArray(denyMessages) ? denyMessages.map((denial) => text(object(denial).message)) : [];
}

function readSource(value: Json): SourceExcerpt {
  const info = object(value.info);
  const ranges = Array.isArray(value.ranges) ? value.ranges.map(object) : [];
  return {
    filename: text(info.filename),
    language: text(info.language),
    data: Buffer.from(text(info.data), "base64").toString(),
    ranges: ranges.map(({ start, end }) => ({
      start: int32(object(start).line),
      end: int32(object(end).line),
    })),
  };
}

const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const text = (value: unknown): string => (typeof value === "string" ? value : "");
/** What no field of 32 bits takes would keep the build from being stored, and its end from being sent to anyone. */
const int32 = (value: unknown): number => (typeof value === "number" ? value | 0 : 0);
