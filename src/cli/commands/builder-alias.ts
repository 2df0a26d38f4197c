import type { SlipwayCommand } from "../slipway-command.js";

/** `slipway install`, which buildx hides, too: it has been deprecated since docker build uses BuildKit by itself. */
export function addInstallCommand(program: SlipwayCommand): void {
  program
    .command("install", { hidden: true })
    .summary("set docker's alias builder")
    .description(
      "Makes `docker builder` run the plugin buildx, by an alias in docker's configuration. Deprecated: use `slipway docker-plugin install --as-buildx`.",
    )
    .addHelpText("after", "\nExample:\n  slipway install")
    .action(async () => {
      const { installAlias } = await import("../docker-plugin/install-alias.js");
      await installAlias();
    });
}

/** `slipway uninstall` */
export function addUninstallCommand(program: SlipwayCommand): void {
  program
    .command("uninstall", { hidden: true })
    .summary("remove docker's alias builder")
    .description(
      "Undoes `slipway install`. Deprecated: use `slipway docker-plugin uninstall`, which also removes links.",
    )
    .addHelpText("after", "\nExample:\n  slipway uninstall")
    .action(async () => {
      const { uninstallAlias } = await import("../docker-plugin/install-alias.js");
      await uninstallAlias();
    });
}
