import { onFlag, type SlipwayCommand } from "../../slipway-command.js";

/** `slipway imagetools create` */
export function addImageCreateCommand(imagetools: SlipwayCommand): void {
  const command = imagetools
    .command("create")
    .argument("[source...]")
    .description(
      "Makes an image of the manifests of others: names, digests, OCI layouts (oci-layout://folder:tag) or descriptors in JSON. All content is copied, with attestations and signatures.",
    )
    .list("--annotation <key=value>", "annotation, such as index:key or manifest-descriptor[linux/arm64]:key")
    .option("--append", "add to the image that the first --tag names")
    .option("--dry-run", "print the new image, and write nothing")
    .list("-f, --file <path>", "file with a source, such as a descriptor")
    .option("--metadata-file <path>", "write the descriptor and names of the new image as JSON to a file")
    .list("-p, --platform <os/arch>", "platforms of the new image, separated by commas")
    .addOption(onFlag("--prefer-index", "put a single manifest into an index"))
    .option("--progress <mode>", "auto, tty, plain, rawjson or none", "auto")
    .list("-t, --tag <name>", "name of the new image: in a registry, or oci-layout://folder:tag")
    .addHelpText(
      "after",
      "\nExample:\n  slipway imagetools create --tag user/app:1 user/app:1-amd64 user/app:1-arm64",
    )
    .action(async (sources: string[]) => {
      const { runImageCreate } = await import("../../imagetools/run-create.js");
      await runImageCreate(sources, command.opts());
    });
}
