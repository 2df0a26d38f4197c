import { withHost } from "../host.js";

/** `slipway stop` */
export async function runStop(name: string): Promise<void> {
  await withHost(({ builders, environment }) => builders.stopBuilder({ name, environment }));
}
