import { InputError } from "../../buildkit/input-error.js";
import { withHost } from "../host.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { parseCacheFilters } from "./cache-filters.js";
import { usageDetails, usageJson, usageSummary, usageTable } from "./usage-records.js";

/** The flags of `du`. */
export interface DuFlags {
  builder?: string;
  filter?: string[];
  format?: string;
  verbose?: boolean;
}

/** `slipway du` */
export async function runDu(flags: DuFlags): Promise<void> {
  if (flags.format && flags.verbose) {
    const message = "--format and --verbose cannot be used together";
    throw new InputError({
      reason: "FLAGS_CONFLICT",
      field: "--format",
      message,
      remedy: "give one of them",
    });
  }
  const verbose = flags.verbose || flags.format === "pretty";
  const format = verbose ? "table" : parseListFormat(flags.format ?? "table");
  const { filters, unusedForMs } = parseCacheFilters(flags.filter);
  const response = await withHost(({ builders, environment }) =>
    builders.getDiskUsage({ builder: flags.builder ?? "", environment, filters }),
  );
  const before = Date.now() - (unusedForMs ?? 0);
  const records = response.records.filter(
    ({ lastUseTime }) => unusedForMs === undefined || Number(lastUseTime?.seconds ?? 0n) * 1000 <= before,
  );
  if (format === "json") {
    process.stdout.write(records.map((record) => jsonLine(usageJson(record))).join(""));
    return;
  }
  const list = verbose ? `${usageDetails(records)}\n` : usageTable(records);
  process.stdout.write(list + (flags.filter ? "" : usageSummary(records)));
}
