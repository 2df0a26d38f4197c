import { withHost } from "../host.js";
import { print } from "../output/print.js";
import { buildJson } from "./build-output.js";

/** `slipway builds inspect` */
export async function runBuildsInspect(id: string): Promise<void> {
  const { build } = await withHost((host) => host.builds.getBuild({ id }));
  print(`${JSON.stringify(buildJson(build!), undefined, 2)}\n`);
}
