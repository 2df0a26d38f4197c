import type { SlipwayCommand } from "../slipway-command.js";

const examples = `
Examples:
  slipway login https://builds.example
  SLIPWAY_HOST=https://builds.example slipway build -t myapp .`;

/** `slipway login` */
export function addLoginCommand(program: SlipwayCommand): void {
  program
    .command("login")
    .argument("[address]", "the host: https://host:port (default: $SLIPWAY_HOST)")
    .summary("log in to a host")
    .description(
      "Logs in to a host, with the issuer that its operator configured: shows an address and a code for a browser on any machine, and waits. Later commands use the login for this host, and renew it.",
    )
    .addHelpText("after", examples)
    .action(async (address: string | undefined) => {
      const { runLogin } = await import("../login/run-login.js");
      await runLogin(address);
    });
}
