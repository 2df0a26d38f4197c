import { timestampMs } from "@bufbuild/protobuf/wkt";
import { invalidField } from "../../errors/typed-error.js";
import { type HistoryRecord, HistoryState } from "../../gen/slipway/v1/history_pb.js";

/** Whether a record matches. */
export type RecordFilter = (record: HistoryRecord) => boolean;

/** Parses buildx's filters; INVALID_ARGUMENT, reason FILTER_INVALID. */
export function parseFilters(filters: readonly string[], now = Date.now()): RecordFilter {
  const conditions = filters.map((text, index) => parseFilter(text, `filters[${index}]`, now));
  return (record) => conditions.every((holds) => holds(record));
}

function parseFilter(text: string, field: string, now: number): RecordFilter {
  const refuse = (why: string, remedy: string) =>
    invalidField(field, "FILTER_INVALID", `Invalid filter ${JSON.stringify(text)}: ${why}.`, remedy);
  const [, key = "", operator = "", value = ""] = /^(\w+)(!=|<=|>=|=|<|>)(.*)$/s.exec(text) ?? [];
  switch (key) {
    case "ref":
    case "repository":
    case "status": {
      if (operator !== "=" && operator !== "!=")
        throw refuse(`${key} cannot be compared with ${operator}`, "Use = or !=.");
      const wanted = operator === "=";
      if (key === "status") return (record) => (statusOf(record) === value) === wanted;
      return (record) => {
        const text = key === "ref" ? record.ref : repositoryOf(record);
        return wanted ? text.includes(value) : text !== value;
      };
    }
    case "startedAt":
    case "completedAt":
    case "duration": {
      if (operator === "=" || operator === "!=")
        throw refuse(`${key} cannot be compared with ${operator}`, "Use <, <=, > or >=.");
      const limit = key === "duration" ? durationMs(value) : timeMs(value, now);
      if (limit === undefined)
        throw refuse(
          `${JSON.stringify(value)} is not a ${key === "duration" ? "duration" : "time"}`,
          key === "duration"
            ? "Use a form such as 1m30s."
            : "Use a form such as 2026-01-31T12:00:00Z, or 2h for two hours ago.",
        );
      return (record) => compare(measured(record, key), operator, limit);
    }
    default:
      throw refuse(
        operator ? `${JSON.stringify(key)} is unknown` : "it has no operator",
        "Use ref, repository, status, startedAt, completedAt or duration.",
      );
  }
}

/** buildx's words for the states. */
const states: Record<HistoryState, string> = {
  [HistoryState.UNSPECIFIED]: "",
  [HistoryState.RUNNING]: "running",
  [HistoryState.SUCCEEDED]: "completed",
  [HistoryState.FAILED]: "error",
  [HistoryState.CANCELED]: "canceled",
};

/** buildx's word for a state. */
function statusOf({ state }: HistoryRecord): string {
  return states[state];
}

function repositoryOf({ frontendAttributes: { context = "", "vcs:source": source } }: HistoryRecord): string {
  return source ?? (/^(git@|git:\/\/|ssh:\/\/)|\.git(#|$)/.test(context) ? context.replace(/#.*$/s, "") : "");
}

function measured({ startTime, endTime }: HistoryRecord, key: string): number {
  const start = startTime ? timestampMs(startTime) : 0;
  const end = endTime ? timestampMs(endTime) : 0;
  if (key === "startedAt") return start;
  if (key === "completedAt") return end;
  return end && end - start;
}

function compare(value: number, operator: string, limit: number): boolean {
  if (operator === "<") return value < limit;
  if (operator === "<=") return value <= limit;
  if (operator === ">") return value > limit;
  return value >= limit;
}

function timeMs(text: string, now: number): number | undefined {
  const ago = durationMs(text);
  if (ago !== undefined) return now - ago;
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Parses a duration in Go's form; returns milliseconds. */
function durationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g);
  return [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0);
}
