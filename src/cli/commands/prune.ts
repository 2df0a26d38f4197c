import type { SlipwayCommand } from "../slipway-command.js";
import { parseByteSize } from "../values/parse-byte-size.js";
import { parseDuration } from "../values/parse-duration.js";
import { defaultTimeoutMs, timeoutFlag } from "./node-timeout.js";

/** `slipway prune` */
export function addPruneCommand(program: SlipwayCommand): void {
  const command = program
    .command("prune")
    .summary("remove build cache")
    .description("Removes records of a builder's cache that are not in use, and says what they held.");
  command
    .option("-a, --all", "internal and frontend records too")
    .list("--filter <filter>", "only some records, such as until=24h")
    .option("-f, --force", "do not ask")
    .option("--max-used-space <bytes>", "remove until no more than that is used", parseByteSize)
    .option("--min-free-space <bytes>", "remove until that much of the disk is free", parseByteSize)
    .option("--reserved-space <bytes>", "always keep that much", parseByteSize)
    .option(timeoutFlag, "how long to wait for a node to answer", parseDuration)
    .option("--verbose", "show all that is known of each record")
    .addHelpText("after", "\nExample:\n  slipway prune --force --filter until=48h --max-used-space 10gb")
    .action(async () => {
      const { runPrune } = await import("../builders/run-prune.js");
      const flags = command.optsWithGlobals();
      await runPrune({ timeout: defaultTimeoutMs, ...flags });
    });
}
