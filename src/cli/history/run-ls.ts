import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { InputError } from "../../errors/input-error.js";
import type { HistoryRecord } from "../../gen/slipway/v1/history_pb.js";
import { allPages } from "../all-pages.js";
import { withHost } from "../host.js";
import { printWarnings } from "../output/diagnostics.js";
import { jsonLine } from "../output/format.js";
import { rfc3339 } from "../output/go-time.js";
import { humanDuration } from "../output/human.js";
import { print } from "../output/print.js";
import { table } from "../output/table.js";
import { parseRowFormat, type Row } from "../output/template.js";
import { buildSeconds, recordRef, statusName } from "./records.js";

/** Width of a name without --no-trunc. */
const nameWidth = 36;

/** Fields of templates and their headings, as in buildx. */
const headings = {
  Ref: "BUILD ID",
  Name: "NAME",
  Status: "STATUS",
  CreatedAt: "CREATED AT",
  Duration: "DURATION",
};

/** The flags of `history ls`. */
export interface HistoryLsFlags {
  builder?: string;
  filter?: string[];
  format: string;
  local?: boolean;
  noTrunc?: boolean;
}

/** `slipway history ls` */
export async function runHistoryLs(flags: HistoryLsFlags): Promise<void> {
  const format = parseRowFormat(flags.format, headings, ["FullRef", "Link"]);
  const filters = [...(flags.local ? [`repository=${await repositoryHere()}`] : []), ...(flags.filter ?? [])];
  const { entries: records, diagnostics } = await withHost(({ history, environment }) =>
    allPages(
      (page) => history.listHistory({ builder: flags.builder, environment, filters, ...page }),
      (response) => response.records,
    ),
  );
  printWarnings(diagnostics);
  if (format === "json") {
    print(records.map((record) => jsonLine(recordJson(record))).join(""));
    return;
  }
  const isTable = format === "table" || format.isTable;
  const rows = records.map((record) => recordRow(record, flags.noTrunc === true || !isTable));
  if (format !== "table") {
    print(format.print(rows, (index) => jsonLine(recordJson(records[index]!)).trimEnd()));
    return;
  }
  const columns = rows.map((row, index) => ({
    ...row,
    Ref: flags.noTrunc ? recordRef(records[index]!) : row.Ref,
  }));
  print(
    table(
      Object.values(headings),
      columns.map((row) => Object.keys(headings).map((key) => String(row[key as keyof typeof row]))),
    ),
  );
}

function recordRow(record: HistoryRecord, isComplete: boolean) {
  const { name, startTime } = record;
  const short = name.length > nameWidth ? `..${name.slice(2 - nameWidth)}` : name;
  return {
    Ref: record.ref,
    Name: isComplete ? name : short,
    Status: statusName(record),
    CreatedAt: startTime ? `${humanDuration(Date.now() - timestampMs(startTime))} ago` : "",
    Duration: buildSeconds(record),
    FullRef: recordRef(record),
    // What Docker Desktop opens.
    Link: `docker-desktop://dashboard/build/${recordRef(record)}`,
  } satisfies Row;
}

/** A record with buildx's keys. */
function recordJson(record: HistoryRecord): object {
  return {
    ref: recordRef(record),
    name: record.name,
    status: statusName(record),
    created_at: rfc3339(record.startTime),
    completed_at: rfc3339(record.endTime),
    total_steps: record.totalStepCount,
    completed_steps: record.completedStepCount,
    cached_steps: record.cachedStepCount,
  };
}

/** URL of the remote of the current git repository. */
async function repositoryHere(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("git", ["remote", "get-url", await remoteName()]);
    return stdout.trim();
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new InputError({
      reason: "REPOSITORY_UNKNOWN",
      field: "--local",
      message: `could not get remote URL for local filter: ${stderr?.trim() || message}`,
      remedy: "Run it in a git repository with a remote.",
    });
  }
}

/** The remote of the current branch, or else the default remote. */
async function remoteName(): Promise<string> {
  const git = promisify(execFile);
  const branch = await git("git", ["symbolic-ref", "--short", "HEAD"]).catch(() => undefined);
  const remote =
    branch && (await git("git", ["config", `branch.${branch.stdout.trim()}.remote`]).catch(() => undefined));
  return remote?.stdout.trim() || "origin";
}
