import { randomUUID } from "node:crypto";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { slipwayOf } from "../cli/slipway.js";
import { startHost } from "../host/host.js";
import { cached } from "../lab/cache.js";
import { lab, must } from "../lab/index.js";
import { packages } from "./packages.js";

const root = join(import.meta.dirname, "../..");

/** Name of the image of the service. */
export const serviceImageName = `slipway:${manifest.version}`;

/** The archive with the image of the service, which Slipway builds once for each version of its sources. */
export async function serviceImage(): Promise<string> {
  const made = await packages();
  const build = async (output: string) => {
    const host = await startHost();
    const builder = `image-${randomUUID()}`;
    await slipwayOf(host)(["create", "--name", builder, "--driver", "remote", lab().buildkitd.address]);
    const main = join(root, "scripts/package/image/main.ts");
    const args = ["--import", "tsx", main, "--packages", made, "--output", output];
    const variables = { SLIPWAY_HOST: `unix://${host.socket}`, BUILDX_BUILDER: builder };
    await must(process.execPath, args, { cwd: root, env: { ...process.env, ...variables } });
  };
  // Its other sources are in the text of `packages`.
  const folder = await cached({ name: "service-image", text: made, build });
  return join(folder, `slipway-${manifest.version}-image-linux-${process.arch}.tar`);
}
