import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway imagetools inspect` */
export function addImageInspectCommand(imagetools: SlipwayCommand): void {
  const command = imagetools
    .command("inspect")
    .argument("<name>")
    .description("Shows the manifests of an image in a registry or OCI layout (oci-layout://folder:tag).")
    .option(
      "--format <format>",
      "a Go template such as {{json .Image}}, with .Name, .Manifest, .Image, .SBOM and .Provenance",
    )
    .option("--raw", "print the manifest or index as it is")
    .addHelpText("after", "\nExample:\n  slipway imagetools inspect --format '{{json .Image}}' alpine")
    .action(async (name: string) => {
      const { runImageInspect } = await import("../../imagetools/run-inspect.js");
      await runImageInspect(name, command.opts());
    });
}
