import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { contextOf } from "../host/build.js";
import { lab, must, tempDir } from "../lab/index.js";

/** A new name in the lab's registry. */
export const newName = (prefix: string) => `${lab().registry.host}/${prefix}-${randomUUID()}:1`;

/** Pushes an image for two platforms with attestations, and exports it as a layout; with buildx, which can inspect it. */
export async function pushImage() {
  const image = newName("image");
  const folder = await tempDir();
  const layout = join(folder, "layout");
  const env = { PATH: process.env.PATH, HOME: folder, BUILDX_CONFIG: join(folder, "buildx") };
  const buildx = async (...args: string[]) => (await must(lab().buildx, args, { env })).stdout;
  await buildx("create", "--name", "far", "--driver", "remote", "--use", lab().buildkitd.address);
  const context = await contextOf({
    Dockerfile: 'FROM scratch\nENV A=1 B=<x>\nLABEL l=1\nEXPOSE 80\nCOPY Dockerfile /\nCMD ["/x", "a b"]\n',
  });
  const what = ["--platform", "linux/amd64,linux/arm/v6", "--provenance", "mode=max"];
  const notes = [
    "--annotation",
    "index:a=of the index",
    "--annotation",
    "manifest-descriptor:b=of a descriptor",
  ];
  await buildx("build", ...what, ...notes, "--tag", image, "--push", context);
  await buildx("build", ...what, "--output", `type=oci,tar=false,dest=${layout},name=app:2`, context);
  return { image, layout, buildx };
}
