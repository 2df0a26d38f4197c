import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins install` */
export function addPluginsInstallCommand(plugins: SlipwayCommand): void {
  plugins
    .command("install")
    .argument("<path>", "folder with a slipway-plugin.json, or a tar archive of one")
    .description(
      "Copies a plugin into your plugin folder, records the SHA-256 of its files, and starts it once.",
    )
    .option("--sha256 <digest>", "expected digest of the archive")
    .option("--replace", "replace an installed plugin of the same name")
    .addHelpText("after", "\nExample:\n  slipway plugins install ./acme-driver.tar.gz --replace")
    .action(async (path: string, flags: { sha256?: string; replace?: boolean }) => {
      const { runPluginsInstall } = await import("../../plugins/run-install.js");
      await runPluginsInstall(path, flags);
    });
}
