import { withHost } from "../host.js";

/** `slipway use` */
export async function runUse(name: string, flags: { global?: boolean }): Promise<void> {
  const { global } = flags;
  await withHost(({ builders, environment }) => builders.setDefaultBuilder({ name, environment, global }));
}

/** `slipway stop` */
export async function runStop(name: string): Promise<void> {
  await withHost(({ builders, environment }) => builders.stopBuilder({ name, environment }));
}
