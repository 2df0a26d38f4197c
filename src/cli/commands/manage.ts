import type { CreateFlags, RmFlags } from "../builders/run-manage.js";
import type { SlipwayCommand } from "../slipway-command.js";

/** `slipway create` */
export function addCreateCommand(program: SlipwayCommand): void {
  const command = program
    .command("create")
    .argument("[endpoint]", "where the node is, in the driver's terms")
    .summary("create a builder")
    .description(
      "Creates a builder of a driver, or adds and removes its nodes. See: slipway drivers NAME",
    ) as SlipwayCommand;
  command
    .option("--append", "add a node to the builder, or change the one of that name")
    .option("--bootstrap", "make it run")
    .option("--buildkitd-config <path>", "configuration for buildkitd")
    .option("--buildkitd-flags <flags>", "flags for buildkitd")
    .option("--driver <name>", "driver (default: the one that fits best)")
    .list("--driver-opt <key=value>", "options of the driver")
    .option("--leave", "remove a node from the builder")
    .option("--name <name>", "name of the builder")
    .option("--node <name>", "name of the node")
    .list("--platform <os/arch>", "platforms to pin to the node")
    .option("--use", "make it the current builder")
    .addHelpText("after", "\nExample:\n  slipway create --name mybuilder --driver docker-container --use")
    .action(async (endpoint: string | undefined, flags: CreateFlags) => {
      const { runCreate } = await import("../builders/run-manage.js");
      await runCreate(endpoint, flags);
    });
}

/** `slipway use` */
export function addUseCommand(program: SlipwayCommand): void {
  program
    .command("use")
    .argument("<name>")
    .summary("set the current builder")
    .description("Makes a builder the one that is used when none is named.")
    .addHelpText("after", "\nExample:\n  slipway use mybuilder")
    .action(async (name: string) => {
      const { runUse } = await import("../builders/run-manage.js");
      await runUse(name);
    });
}

/** `slipway stop` */
export function addStopCommand(program: SlipwayCommand): void {
  const command = program
    .command("stop")
    .argument("[name]", "builder (default: the current one)")
    .summary("stop a builder")
    .description("Stops all nodes of a builder and keeps their state.")
    .addHelpText("after", "\nExample:\n  slipway stop mybuilder")
    .action(async (name: string | undefined) => {
      const { runStop } = await import("../builders/run-manage.js");
      await runStop(name ?? command.optsWithGlobals().builder ?? "");
    });
}

/** `slipway rm` */
export function addRmCommand(program: SlipwayCommand): void {
  const command = program
    .command("rm")
    .argument("[name...]", "builders")
    .summary("remove builders")
    .description("Removes builders and what their nodes created.")
    .option("-f, --force", "forget a builder even if a node cannot be removed")
    .option("--keep-daemon", "leave the daemon running")
    .option("--keep-state", "keep the build cache")
    .addHelpText("after", "\nExample:\n  slipway rm mybuilder --keep-state")
    .action(async (names: string[], flags: RmFlags) => {
      const { runRm } = await import("../builders/run-manage.js");
      const { builder } = command.optsWithGlobals<RmFlags>();
      const chosen = names.length > 0 ? names : builder ? [builder] : [];
      if (chosen.length === 0) command.error("rm needs the name of a builder");
      await runRm(chosen, flags);
    });
}
