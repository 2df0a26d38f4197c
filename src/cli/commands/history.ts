import type { SlipwayCommand } from "../slipway-command.js";

/** `slipway history` */
export function addHistoryCommand(program: SlipwayCommand): void {
  const command = program
    .command("history")
    .summary("look into BuildKit's own history of builds")
    .description(
      "BuildKit's own history of a builder's nodes: builds of every client, also of buildx. REF may be ^1 for the newest but one.",
    )
    .addHelpText(
      "after",
      "\nExample:\n  slipway history ls --filter status=error\n  slipway history logs   # of the newest",
    );
  command
    .command("ls")
    .description("Lists build records, the newest first.")
    .list("--filter <filter>", 'only some records, such as "status=error" or "duration>1m"')
    .option("--format <format>", "table, json or a template of fields such as {{.Name}}", "table")
    .option("--local", "only those of the git repository that you are in")
    .option("--no-trunc", "show names and references in full")
    .action(async (_flags, ls: SlipwayCommand) => {
      const { runHistoryLs } = await import("../history/run-ls.js");
      await runHistoryLs(ls.optsWithGlobals());
    });
  command
    .command("logs")
    .argument("[ref]")
    .description("Shows the progress of a build, and follows one that runs to its end.")
    .option("--progress <mode>", "auto, tty, plain or rawjson", "plain")
    .action(async (ref: string | undefined, _flags, logs: SlipwayCommand) => {
      const { runHistoryLogs } = await import("../history/run-logs.js");
      await runHistoryLogs(ref, logs.optsWithGlobals());
    });
  const inspect = command
    .command("inspect")
    .argument("[ref]")
    .description("Shows what is known of a build: its settings, error, materials and attachments.")
    .option("--format <format>", "pretty or json", "pretty")
    .action(async (ref: string | undefined, _flags, self: SlipwayCommand) => {
      const { runHistoryInspect } = await import("../history/run-inspect.js");
      await runHistoryInspect(ref, self.optsWithGlobals());
    });
  inspect
    .command("attachment")
    .argument("[ref]")
    .argument("[digest]")
    .description("Prints an attachment of a build, such as its provenance.")
    .option("--platform <os/arch>", "that of this platform")
    .option("--type <type>", "index, manifest, provenance, sbom, or a media or predicate type")
    .action(
      async (
        ref: string | undefined,
        digest: string | undefined,
        _flags: unknown,
        attachment: SlipwayCommand,
      ) => {
        const { runHistoryAttachment } = await import("../history/run-attachment.js");
        await runHistoryAttachment(ref, digest, attachment.optsWithGlobals());
      },
    );
  command
    .command("rm")
    .argument("[ref...]")
    .description("Removes build records.")
    .option("--all", "remove all records of the builder")
    .action(async (refs: string[], _flags, rm: SlipwayCommand) => {
      const { runHistoryRm } = await import("../history/run-rm.js");
      await runHistoryRm(refs, rm.optsWithGlobals());
    });
}
