import { withHost } from "../host.js";

/** `slipway plugins detach NAME` */
export async function runPluginsDetach(name: string): Promise<void> {
  await withHost((host) => host.plugins.detachPlugin({ name }));
}
