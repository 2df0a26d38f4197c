import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { ExitCode } from "../command-error.js";
import { flagsConflict } from "../flags-conflict.js";
import { withHost } from "../host.js";
import { printWarnings } from "../output/diagnostics.js";
import { jsonLine } from "../output/format.js";
import { parseRowFormat } from "../output/template.js";
import { parseCacheFilters } from "./cache-filters.js";
import { usageDetails, usageJson, usageSummary, usageTable } from "./usage-records.js";

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
  const response = await withHost(({ builders, environment }) =>
    builders.getDiskUsage({
      builder: flags.builder ?? "",
      environment,
      filters,
      timeout: durationFromMs(flags.timeout),
    }),
  );
  const before = Date.now() - (unusedForMs ?? 0);
  const records = response.records.filter(
    ({ lastUseTime }) => unusedForMs === undefined || Number(lastUseTime?.seconds ?? 0n) * 1000 <= before,
  );
  if (format === "json") process.stdout.write(records.map((record) => jsonLine(usageJson(record))).join(""));
  else if (format !== "table") process.stdout.write(format.print(records.map(usageJson)));
  else {
    const list = verbose ? `${usageDetails(records)}\n` : usageTable(records);
    process.stdout.write(list + (flags.filter ? "" : usageSummary(records)));
  }
  printWarnings(response.diagnostics);
  if (response.diagnostics.length > 0) throw new ExitCode(1);
}
