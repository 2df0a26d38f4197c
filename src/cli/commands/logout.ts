import type { SlipwayCommand } from "../slipway-command.js";

const examples = `
Example:
  slipway logout https://builds.example`;

/** `slipway logout` */
export function addLogoutCommand(program: SlipwayCommand): void {
  program
    .command("logout")
    .argument("[address]", "the host: https://host:port (default: $SLIPWAY_HOST)")
    .summary("log out of a host")
    .description("Deletes the login to a host, and revokes it at the issuer if that offers it.")
    .addHelpText("after", examples)
    .action(async (address: string | undefined) => {
      const { runLogout } = await import("../login/run-logout.js");
      await runLogout(address);
    });
}
