import { resolve } from "node:path";
import { type Plugin, PluginState } from "../../gen/slipway/v1/driver_pb.js";
import { ExitCode } from "../command-error.js";
import { withHost } from "../host.js";
import { pluginsTable, troubleOf } from "./plugin-output.js";

/** `slipway plugins install PATH`; exits with 1 when the plugin is installed and does not start. */
export async function runInstallPlugin(
  path: string,
  { sha256 = "", replace = false }: { sha256?: string; replace?: boolean },
): Promise<void> {
  const { plugin } = await withHost((host) =>
    host.drivers.installPlugin({ path: resolve(path), sha256, replace }),
  );
  show([plugin!]);
  if (plugin!.state !== PluginState.RUNNING && plugin!.state !== PluginState.IDLE) throw new ExitCode(1);
}

/** `slipway plugins remove NAME…` */
export async function runRemovePlugins(names: string[]): Promise<void> {
  await withHost(async (host) => {
    for (const name of names) {
      await host.drivers.removePlugin({ name });
      process.stdout.write(`${name} removed\n`);
    }
  });
}

/** `slipway plugins enable NAME…`, `slipway plugins disable NAME…` */
export async function runEnablePlugins(names: string[], enabled: boolean): Promise<void> {
  const changed = await withHost(async (host) => {
    const plugins: Plugin[] = [];
    for (const name of names) plugins.push((await host.drivers.setPluginEnabled({ name, enabled })).plugin!);
    return plugins;
  });
  show(changed);
}

/** `slipway plugins restart NAME` */
export async function runRestartPlugin(name: string): Promise<void> {
  const { plugin } = await withHost((host) => host.drivers.restartPlugin({ name }));
  show([plugin!]);
}

function show(plugins: Plugin[]): void {
  process.stdout.write(pluginsTable(plugins) + plugins.map(troubleOf).join(""));
}
