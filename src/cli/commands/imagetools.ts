import type { SlipwayCommand } from "../slipway-command.js";
import { addImageCreateCommand } from "./imagetools/create.js";
import { addImageInspectCommand } from "./imagetools/inspect.js";

/** `slipway imagetools` */
export function addImagetoolsCommand(program: SlipwayCommand): void {
  const command = program
    .command("imagetools")
    .summary("show and make images in registries")
    .description("Shows and makes images in registries and OCI layouts, without a builder.")
    .addHelpText("after", "\nExample:\n  slipway imagetools inspect alpine");
  addImageCreateCommand(command);
  addImageInspectCommand(command);
}
