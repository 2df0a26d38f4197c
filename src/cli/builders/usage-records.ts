import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { UsageRecord } from "../../gen/slipway/v1/builder_pb.js";
import { nilSlice } from "../../template/values.js";
import { goTime } from "../output/go-time.js";
import { humanDuration, humanSize } from "../output/human.js";
import { alignColumns, table } from "../output/table.js";
import type { Row } from "../output/template.js";
import { visibleLine } from "../output/visible.js";

/** The table of records of the build cache. */
export function usageTable(records: readonly UsageRecord[]): string {
  return table(
    ["ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"],
    records.map((record) => [
      record.mutable ? `${record.id}*` : record.id,
      String(!record.inUse),
      `${humanSize(record.sizeBytes)}${record.shared ? "*" : ""}`,
      ago(record.lastUseTime),
    ]),
  );
}

/** The details of records. */
export function usageDetails(records: readonly UsageRecord[]): string {
  return records
    .map((record) => {
      const rows = [
        ["ID", record.id],
        ["Parents", record.parents.map((parent) => `\n - ${visibleLine(parent)}`).join("")],
        ["Created at", createdAt(record)],
        ["Mutable", String(record.mutable)],
        ["Reclaimable", String(!record.inUse)],
        ["Shared", String(record.shared)],
        ["Size", humanSize(record.sizeBytes)],
        ["Description", record.description],
        ["Usage count", String(record.usageCount)],
        ["Last used", ago(record.lastUseTime)],
        ["Type", record.type],
      ];
      return rows
        .filter(([, value]) => value !== "")
        .map(([key, value]) =>
          key === "Parents" ? `${key}:${value}\n` : `${`${key}:`.padEnd(14)}${visibleLine(value!)}\n`,
        )
        .join("");
    })
    .join("\n");
}

/** A record in buildx's JSON. */
export function usageJson(record: UsageRecord): Record<string, unknown> {
  return {
    ID: record.id,
    Parents: record.parents.length > 0 ? record.parents : null,
    CreatedAt: createdAt(record),
    Mutable: record.mutable,
    Reclaimable: !record.inUse,
    Shared: record.shared,
    Size: humanSize(record.sizeBytes),
    Description: record.description,
    UsageCount: Number(record.usageCount),
    LastUsedAt: ago(record.lastUseTime),
    Type: record.type,
  };
}

/** A record as the row of a template; a table marks mutable and shared records with a star, as buildx does. */
export function usageRow(record: UsageRecord, isTable: boolean): Row {
  const star = (isMarked: boolean) => (isTable && isMarked ? "*" : "");
  return {
    ID: record.id + star(record.mutable),
    Parents: record.parents.length > 0 ? record.parents : nilSlice,
    CreatedAt: createdAt(record),
    Mutable: record.mutable,
    Reclaimable: !record.inUse,
    Shared: record.shared,
    Size: humanSize(record.sizeBytes) + star(record.shared),
    Description: record.description,
    UsageCount: Number(record.usageCount),
    LastUsedAt: ago(record.lastUseTime),
    Type: record.type,
  };
}

/** The totals below the table. */
export function usageSummary(records: readonly UsageRecord[]): string {
  const sum = (some: (record: UsageRecord) => boolean) =>
    records.filter(some).reduce((total, { sizeBytes }) => total + (sizeBytes > 0n ? sizeBytes : 0n), 0n);
  const total = sum(() => true);
  const shared = sum((record) => record.shared);
  const rows = [
    ...(shared > 0n
      ? [
          ["Shared:", humanSize(shared)],
          ["Private:", humanSize(total - shared)],
        ]
      : []),
    ["Reclaimable:", humanSize(sum((record) => !record.inUse))],
    ["Total:", humanSize(total)],
  ];
  return alignColumns(rows, { minWidth: 16 });
}

function ago(time: Timestamp | undefined): string {
  return time ? `${humanDuration(Date.now() - timestampDate(time).getTime())} ago` : "";
}

function createdAt({ createTime }: UsageRecord): string {
  return createTime ? goTime(createTime) : "";
}
