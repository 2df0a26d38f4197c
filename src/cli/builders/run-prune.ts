import { createInterface } from "node:readline/promises";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { UsageRecord } from "../../gen/slipway/v1/builder_pb.js";
import { withHost } from "../host.js";
import { humanSize } from "../output/human.js";
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
  await withHost(async ({ builders, environment }) => {
    const request = {
      builder: flags.builder ?? "",
      environment,
      filters,
      all: flags.all ?? false,
      keepDuration: unusedForMs === undefined ? undefined : durationFromMs(unusedForMs),
      reservedSpaceBytes: BigInt(flags.reservedSpace ?? 0),
      maxUsedSpaceBytes: BigInt(flags.maxUsedSpace ?? 0),
      minFreeSpaceBytes: BigInt(flags.minFreeSpace ?? 0),
    };
    for await (const { record } of builders.pruneBuilder(request)) {
      if (!record) continue;
      const [head = "", line = ""] = usageTable([record]).split("\n");
      const isFirst = removed.push(record) === 1;
      if (flags.verbose) process.stdout.write(`${usageDetails([record])}\n`);
      else process.stdout.write(`${isFirst ? `${head}\n` : ""}${line}\n`);
    }
  });
  const total = removed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0n);
  process.stdout.write(`Total:\t${humanSize(total)}\n`);
}

async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    // At the end of stdin nobody has agreed to anything.
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    const answer = await Promise.race([lines.question(`${question} [y/N] `), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
