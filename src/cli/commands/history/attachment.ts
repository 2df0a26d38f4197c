import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway history inspect attachment` */
export function addHistoryAttachmentCommand(inspect: SlipwayCommand): void {
  const command = inspect
    .command("attachment")
    .argument("[ref]")
    .argument("[digest]")
    .description("Prints an attachment of a build, such as its provenance.")
    .option("--platform <os/arch>", "platform of the attachment")
    .option("--type <type>", "index, manifest, provenance, sbom, a media type or a predicate type")
    .addHelpText("after", "\nExample:\n  slipway history inspect attachment --type provenance ^1")
    .action(async (ref: string | undefined, digest: string | undefined) => {
      const { runHistoryAttachment } = await import("../../history/run-attachment.js");
      await runHistoryAttachment(ref, digest, command.optsWithGlobals());
    });
}
