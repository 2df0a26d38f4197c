import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { UsageRecord } from "../../gen/slipway/v1/builder_pb.js";
import { ExitCode } from "../command-error.js";
import { withHost } from "../host.js";
import { confirm } from "../output/confirm.js";
import { printWarnings } from "../output/diagnostics.js";
import { humanSize } from "../output/human.js";
import { print } from "../output/print.js";
import { parseCacheFilters } from "./cache-filters.js";
import { usageDetails, usageTable } from "./usage-records.js";

/** The flags of `prune`; sizes in bytes. */
export interface PruneFlags {
  all?: boolean;
  builder?: string;
  filter?: string[];
  force?: boolean;
  maxUsedSpace?: number;
  minFreeSpace?: number;
  reservedSpace?: number;
  /** In milliseconds. */
  timeout: number;
  verbose?: boolean;
}

/** `slipway prune` */
export async function runPrune(flags: PruneFlags): Promise<void> {
  const { filters, unusedForMs } = parseCacheFilters(flags.filter);
  const what = flags.all ? "all build cache" : "all dangling build cache";
  if (
    !flags.force &&
    !(await confirm(`WARNING! This will remove ${what}. Are you sure you want to continue?`))
  ) {
    return;
  }
  const removed: UsageRecord[] = [];
  const problems: Diagnostic[] = [];
  await withHost(async ({ builders, environment }) => {
    const request = {
      name: flags.builder ?? "",
      environment,
      filters,
      all: flags.all ?? false,
      keepDuration: unusedForMs === undefined ? undefined : durationFromMs(unusedForMs),
      reservedSpaceBytes: BigInt(flags.reservedSpace ?? 0),
      maxUsedSpaceBytes: BigInt(flags.maxUsedSpace ?? 0),
      minFreeSpaceBytes: BigInt(flags.minFreeSpace ?? 0),
      connectTimeout: durationFromMs(flags.timeout),
    };
    for await (const { event } of builders.pruneBuilder(request)) {
      if (event.case === "diagnostic") problems.push(event.value);
      if (event.case !== "record") continue;
      const record = event.value;
      const [head = "", line = ""] = usageTable([record]).split("\n");
      const isFirst = removed.push(record) === 1;
      if (flags.verbose) print(`${usageDetails([record])}\n`);
      else print(`${isFirst ? `${head}\n` : ""}${line}\n`);
    }
  });
  const total = removed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0n);
  print(`Total:\t${humanSize(total)}\n`);
  printWarnings(problems);
  if (problems.length > 0) throw new ExitCode(1);
}
