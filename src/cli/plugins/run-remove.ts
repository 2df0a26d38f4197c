import { withHost } from "../host.js";
import { print } from "../output/print.js";

/** `slipway plugins remove NAME…` */
export async function runPluginsRemove(names: string[]): Promise<void> {
  await withHost(async (host) => {
    for (const name of names) {
      await host.plugins.removePlugin({ name });
      print(`${name} removed\n`);
    }
  });
}
