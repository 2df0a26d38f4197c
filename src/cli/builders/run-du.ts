import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { allPages } from "../all-pages.js";
import { ExitCode } from "../command-error.js";
import { flagsConflict } from "../flags-conflict.js";
import { withHost } from "../host.js";
import { printWarnings } from "../output/diagnostics.js";
import { jsonLine } from "../output/format.js";
import { print } from "../output/print.js";
import { parseRowFormat } from "../output/template.js";
import { parseCacheFilters } from "./cache-filters.js";
import { usageDetails, usageJson, usageRow, usageSummary, usageTable } from "./usage-records.js";

const headings = {
  ID: "ID",
  Parents: "PARENTS",
  CreatedAt: "CREATED AT",
  Mutable: "MUTABLE",
  Reclaimable: "RECLAIMABLE",
  Shared: "SHARED",
  Size: "SIZE",
  Description: "DESCRIPTION",
  UsageCount: "USAGE COUNT",
  LastUsedAt: "LAST ACCESSED",
  Type: "TYPE",
};

/** The flags of `du`. */
export interface DuFlags {
  builder?: string;
  filter?: string[];
  format?: string;
  /** In milliseconds. */
  timeout: number;
  verbose?: boolean;
}

/** `slipway du` */
export async function runDu(flags: DuFlags): Promise<void> {
  if (flags.format && flags.verbose) {
    throw flagsConflict("--format", "--format and --verbose cannot be used together");
  }
  const verbose = flags.verbose || flags.format === "pretty";
  const format = verbose ? "table" : parseRowFormat(flags.format ?? "table", headings);
  const { filters, unusedForMs } = parseCacheFilters(flags.filter);
  const request = { builder: flags.builder ?? "", filters, timeout: durationFromMs(flags.timeout) };
  const { entries, diagnostics } = await withHost(({ builders, environment }) =>
    allPages(
      (page) => builders.getDiskUsage({ ...request, environment, ...page }),
      (response) => response.records,
    ),
  );
  const before = Date.now() - (unusedForMs ?? 0);
  const records = entries.filter(
    ({ lastUseTime }) => unusedForMs === undefined || Number(lastUseTime?.seconds ?? 0n) * 1000 <= before,
  );
  if (format === "json") print(records.map((record) => jsonLine(usageJson(record))).join(""));
  else if (format !== "table") {
    const rows = records.map((record) => usageRow(record, format.isTable));
    print(format.print(rows, (index) => jsonLine(usageJson(records[index]!)).trimEnd()));
  } else {
    const list = verbose ? `${usageDetails(records)}\n` : usageTable(records);
    print(list + (flags.filter ? "" : usageSummary(records)));
  }
  printWarnings(diagnostics);
  if (diagnostics.length > 0) throw new ExitCode(1);
}
