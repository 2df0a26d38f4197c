import { withHost } from "../host.js";
import { printPlugins } from "./plugin-output.js";

/** `slipway plugins restart NAME` */
export async function runPluginsRestart(name: string): Promise<void> {
  const { plugin } = await withHost((host) => host.plugins.restartPlugin({ name }));
  printPlugins([plugin!]);
}
