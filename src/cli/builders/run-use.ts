import { withHost } from "../host.js";

/** `slipway use` */
export async function runUse(name: string, flags: { global?: boolean }): Promise<void> {
  const { global: allEnvironments } = flags;
  await withHost(({ builders, environment }) =>
    builders.setDefaultBuilder({ name, environment, allEnvironments }),
  );
}
