import type { SlipwayCommand } from "../slipway-command.js";

const examples = `
Examples:
  slipway docker-plugin install              # docker slipway build -t myapp .
  slipway docker-plugin install --as-buildx  # docker build and docker buildx
  slipway docker-plugin uninstall`;

/** `slipway docker-plugin`; without a subcommand it shows what is linked. */
export function addDockerPluginCommand(program: SlipwayCommand): void {
  const command = program
    .command("docker-plugin")
    .summary("make docker's own commands use Slipway")
    .description(
      "Links this program into docker's folder of plugins. Without a subcommand it shows what is linked there.",
    )
    .option("--format <format>", "table or json", "table")
    .addHelpText("after", examples)
    .action(async (flags: { format: string }) => {
      const { showDockerPlugin } = await import("../docker-plugin/show-docker-plugin.js");
      await showDockerPlugin(flags);
    });
  command
    .command("install")
    .description(
      "Makes `docker slipway` a command of docker's CLI. What a link replaces is kept, and `uninstall` puts it back.",
    )
    .option("--as-buildx", "also for docker build, docker buildx, docker builder and docker compose build")
    .addHelpText(
      "after",
      "\nExample:\n  slipway docker-plugin install --as-buildx && docker build -t myapp .",
    )
    .action(async (flags: { asBuildx?: boolean }) => {
      const { installDockerPlugin } = await import("../docker-plugin/install-docker-plugin.js");
      await installDockerPlugin(flags);
    });
  command
    .command("uninstall")
    .description("Removes the links, and puts back what was there before.")
    .addHelpText("after", "\nExample:\n  slipway docker-plugin uninstall")
    .action(async () => {
      const { uninstallDockerPlugin } = await import("../docker-plugin/install-docker-plugin.js");
      await uninstallDockerPlugin();
    });
}
