import type { SlipwayCommand } from "../slipway-command.js";
import { addImageInspectCommand } from "./imagetools/inspect.js";

/** `slipway imagetools` */
export function addImagetoolsCommand(program: SlipwayCommand): void {
  const command = program
    .command("imagetools")
    .summary("show images in registries")
    .description("Shows images in registries and OCI layouts, without a builder.")
    .addHelpText("after", "\nExample:\n  slipway imagetools inspect alpine");
  addImageInspectCommand(command);
}
