import { readdir, readlink, rm } from "node:fs/promises";
import { join } from "node:path";

/** Names of the containers that the containerd in `folder` runs for a kubelet. */
export function kubeletContainers(folder: string): Promise<string[]> {
  return readdir(join(folder, "c-state/io.containerd.runtime.v2.task/k8s.io")).catch(() => []);
}

/** Remove the files of kubelets and CNI plugins in fixed places outside of the state folder. */
export async function removeTraces(folder: string, bridge: string): Promise<void> {
  const results = "/var/lib/cni/results";
  const containers = await kubeletContainers(folder);
  for (const name of await readdir(results).catch(() => [])) {
    // The files of the loopback plugin are not named after the bridge.
    const isOurs = name.startsWith(`${bridge}-`) || containers.some((id) => name.includes(id));
    if (isOurs) await rm(join(results, name), { force: true });
  }
  const links = "/var/log/containers";
  for (const name of await readdir(links).catch(() => [])) {
    const target = await readlink(join(links, name)).catch(() => "");
    if (target.startsWith(`${folder}/`)) await rm(join(links, name), { force: true });
  }
}
