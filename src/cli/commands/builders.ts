import type { SlipwayCommand } from "../slipway-command.js";
import { parseByteSize } from "../values/parse-byte-size.js";
import { parseDuration } from "../values/parse-duration.js";

const timeoutFlag = "--timeout <duration>";
/** As in buildx. */
const defaultTimeoutMs = 20_000;
const timeoutText = "how long to wait for a node's state";
const formatText = "table or json";

/** `slipway ls` */
export function addLsCommand(program: SlipwayCommand): void {
  const command = program
    .command("ls")
    .summary("list builders")
    .description("Lists builders and the state of their nodes.") as SlipwayCommand;
  command
    .option("--format <format>", "table, json or a template of fields such as {{.Name}}", "table")
    .option("--no-trunc", "show all platforms")
    .option(timeoutFlag, timeoutText, parseDuration)
    .addHelpText("after", "\nExample:\n  slipway ls --format json | jq -r .Name")
    .action(async ({ format, noTrunc, timeout = defaultTimeoutMs }) => {
      const { runLs } = await import("../builders/run-ls.js");
      await runLs({ format, trunc: !noTrunc, timeout });
    });
}

/** `slipway inspect` */
export function addInspectCommand(program: SlipwayCommand): void {
  const command = program
    .command("inspect")
    .argument("[name]", "builder (default: the current one)")
    .summary("show a builder")
    .description("Shows a builder and its nodes; with --debug what they can do.") as SlipwayCommand;
  command
    .option("--bootstrap", "make it run first")
    .option("--format <format>", formatText, "table")
    .option(timeoutFlag, timeoutText, parseDuration)
    .addHelpText("after", "\nExample:\n  slipway inspect --bootstrap default")
    .action(async (name: string | undefined) => {
      const { runInspect } = await import("../builders/run-inspect.js");
      const flags = command.optsWithGlobals();
      await runInspect(name, { timeout: defaultTimeoutMs, format: "table", ...flags });
    });
}

/** `slipway du` */
export function addDuCommand(program: SlipwayCommand): void {
  const command = program
    .command("du")
    .summary("show the size of the build cache")
    .description("Lists the records of a builder's cache and their sizes.") as SlipwayCommand;
  command
    .list("--filter <filter>", "only some records, such as type=regular or until=24h")
    .option("--format <format>", "table, pretty, json or a template of fields such as {{.ID}}")
    .option(timeoutFlag, "how long to wait for a node", parseDuration)
    .option("--verbose", "shorthand for --format=pretty")
    .addHelpText("after", "\nExample:\n  slipway du --filter type=exec.cachemount")
    .action(async () => {
      const { runDu } = await import("../builders/run-du.js");
      const flags = command.optsWithGlobals();
      await runDu({ timeout: defaultTimeoutMs, ...flags });
    });
}

/** `slipway prune` */
export function addPruneCommand(program: SlipwayCommand): void {
  const command = program
    .command("prune")
    .summary("remove build cache")
    .description(
      "Removes records of a builder's cache that are not in use, and says what they held.",
    ) as SlipwayCommand;
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

/** `slipway drivers` */
export function addDriversCommand(program: SlipwayCommand): void {
  program
    .command("drivers")
    .argument("[name]", "show this driver with its options")
    .summary("list drivers and their options")
    .description("Lists drivers; with a name, what the driver is and the options that builders of it take.")
    .option("--format <format>", formatText, "table")
    .addHelpText("after", "\nExample:\n  slipway drivers docker")
    .action(async (name: string | undefined, flags) => {
      const { runDrivers } = await import("../builders/run-drivers.js");
      await runDrivers(name, flags);
    });
}
