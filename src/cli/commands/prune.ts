import { hiddenFlag, type SlipwayCommand } from "../slipway-command.js";
import { parseByteSize } from "../values/parse-byte-size.js";
import { parseDuration } from "../values/parse-duration.js";
import { defaultTimeoutMs, timeoutFlag } from "./node-timeout.js";

/** `slipway prune` */
export function addPruneCommand(program: SlipwayCommand): void {
  const command = program
    .command("prune")
    .summary("remove build cache")
    .description("Removes unused records of a builder's cache, and prints their sizes.");
  command
    .option("-a, --all", "also internal and frontend records")
    .list("--filter <filter>", "select records, such as until=24h")
    .option("-f, --force", "do not ask for confirmation")
    .option("--max-used-space <bytes>", "maximum size of the cache", parseByteSize)
    .option("--min-free-space <bytes>", "minimum free space on the disk", parseByteSize)
    .option("--reserved-space <bytes>", "size of the cache that is always kept", parseByteSize)
    // Of docker builder prune.
    .addOption(hiddenFlag("--keep-storage <bytes>").argParser(parseByteSize))
    .option(timeoutFlag, "time limit for a node", parseDuration)
    .option("--verbose", "show the details of each record")
    .addHelpText("after", "\nExample:\n  slipway prune --force --filter until=48h --max-used-space 10gb")
    .action(async () => {
      const { runPrune } = await import("../builders/run-prune.js");
      const { keepStorage, ...flags } = command.optsWithGlobals();
      await runPrune({ timeout: defaultTimeoutMs, reservedSpace: keepStorage, ...flags });
    });
}
