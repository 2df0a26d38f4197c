import type { SlipwayCommand } from "../slipway-command.js";
import { wholeNumber } from "../values/whole-number.js";

const examples = `
Examples:
  slipway ui
  slipway ui --no-open --port 8008  # on yours: ssh -L 8008:127.0.0.1:8008 HOST`;

/** `slipway ui` */
export function addUiCommand(program: SlipwayCommand): void {
  program
    .command("ui")
    .summary("show builds in a web page")
    .description(
      "Shows builds in a web page. For a host on a unix socket, serves the page on 127.0.0.1 until it is interrupted, and prints a link that works once. A host on TCP serves the page itself, and asks for its token.",
    )
    .option("--port <number>", "port on 127.0.0.1 (default: a free one)", wholeNumber(1, 65_535))
    .option("--no-open", "print the link only, and open no browser")
    .addHelpText("after", examples)
    .action(async (flags) => {
      const { runUi } = await import("../ui/run-ui.js");
      await runUi(flags);
    });
}
