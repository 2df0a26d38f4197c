import { withHost } from "../host.js";

/** `slipway plugins remove NAME…` */
export async function runPluginsRemove(names: string[]): Promise<void> {
  await withHost(async (host) => {
    for (const name of names) {
      await host.drivers.removePlugin({ name });
      process.stdout.write(`${name} removed\n`);
    }
  });
}
