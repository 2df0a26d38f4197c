import { withHost } from "../host.js";
import { buildJson } from "./build-output.js";

/** `slipway builds inspect` */
export async function runBuildsInspect(id: string): Promise<void> {
  const { build } = await withHost((host) => host.builds.getBuild({ id }));
  process.stdout.write(`${JSON.stringify(buildJson(build!), undefined, 2)}\n`);
}
