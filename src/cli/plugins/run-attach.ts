import { withHost } from "../host.js";
import { printPlugins } from "./plugin-output.js";
import { readReattach } from "./read-reattach.js";

/** `slipway plugins attach JSON|FILE|-` */
export async function runPluginsAttach(argument: string): Promise<void> {
  const reattach = await readReattach(argument, () => process.stdin);
  const { plugin } = await withHost((host) => host.plugins.attachPlugin(reattach));
  printPlugins([plugin!]);
}
