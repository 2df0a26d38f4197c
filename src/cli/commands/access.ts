import type { SlipwayCommand } from "../slipway-command.js";

const examples = `
Examples:
  slipway access mybuilder group:team-a token:ci
  slipway access default token:ci
  slipway access mybuilder --clear`;

/** `slipway access` */
export function addAccessCommand(program: SlipwayCommand): void {
  program
    .command("access")
    .argument("<name>", "builder")
    .argument(
      "[principal...]",
      "token:NAME, certificate:SUBJECT, oidc:RULE:NAME, group:NAME, project:NAME or local",
    )
    .summary("show or set who may use a builder")
    .description(
      "Shows who may use a builder besides admins, or sets it. A builder that a driver offers, such as that of the local engine, is closed to clients on TCP until it is opened to someone.",
    )
    .option(
      "--clear",
      "remove the list: everyone may use the builder, or only this machine's user if a driver offers it",
    )
    .addHelpText("after", examples)
    .action(async (name: string, principals: string[], flags) => {
      const { runAccess } = await import("../builders/run-access.js");
      await runAccess(name, principals, flags);
    });
}
