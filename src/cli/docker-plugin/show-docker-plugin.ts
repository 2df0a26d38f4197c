import { jsonLine, parseListFormat } from "../output/format.js";
import { print } from "../output/print.js";
import { table } from "../output/table.js";
import { buildxProgram } from "../print-version.js";
import { slipwayPlugin } from "./invocation.js";
import { PluginFolder } from "./plugin-folder.js";

/** What docker runs for its commands, by the name of the plugin. */
const commands: Record<string, string> = {
  [slipwayPlugin]: "docker slipway",
  [buildxProgram]: "docker build, docker buildx, docker compose build",
};

/** `slipway docker-plugin` */
export async function showDockerPlugin(flags: { format: string }): Promise<void> {
  const format = parseListFormat(flags.format);
  const folder = new PluginFolder();
  const { links } = await folder.installed();
  const rows = await Promise.all(
    Object.entries(commands).map(async ([name, Commands]) => {
      const Target = links[name]?.target;
      return { Commands, Plugin: folder.file(name), State: await folder.state(name, Target), Target };
    }),
  );
  if (format === "json") return print(rows.map(jsonLine).join(""));
  const words = { installed: "this program", other: "another program", none: "not linked" };
  print(
    table(
      ["COMMANDS", "RUN", "PLUGIN"],
      rows.map((r) => [r.Commands, words[r.State], r.Plugin]),
    ),
  );
}
