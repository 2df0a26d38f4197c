import { mkdir, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { pauseImageName } from "./images.js";

/** Configuration of containerd's CRI service, with a pod network on the bridge. */
export async function configureContainerd(folder: string, bridge: string): Promise<string[]> {
  const networks = join(folder, "cni");
  await mkdir(networks);
  const address = networkInterfaces()[bridge]?.find(({ family }) => family === "IPv4")?.cidr;
  const network = {
    cniVersion: "0.4.0",
    name: bridge,
    plugins: [
      {
        type: "bridge",
        bridge,
        isGateway: true,
        ipam: {
          type: "host-local",
          dataDir: join(folder, "addresses"),
          ranges: [[{ subnet: address?.replace(/\d+\//, "0/") }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  };
  await writeFile(join(networks, "10-lab.conflist"), JSON.stringify(network));
  return [
    `[plugins."io.containerd.internal.v1.opt"]`,
    `path = ${JSON.stringify(join(folder, "opt"))}`,
    `[plugins."io.containerd.grpc.v1.cri"]`,
    `sandbox_image = ${JSON.stringify(pauseImageName)}`,
    "netns_mounts_under_state_dir = true",
    // Features that containers cannot use on this kind of machine.
    "restrict_oom_score_adj = true",
    "disable_apparmor = true",
    `[plugins."io.containerd.grpc.v1.cri".cni]`,
    `bin_dir = "/usr/lib/cni"`,
    `conf_dir = ${JSON.stringify(networks)}`,
  ];
}

/** Flags of the kubelet. */
export async function configureKubelet(
  folder: string,
  options: { kubeconfig: string; containerd: string; port: number },
): Promise<Record<string, string>> {
  const config = join(folder, "kubelet.yaml");
  await writeFile(
    config,
    JSON.stringify({
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      address: "127.0.0.1",
      port: options.port,
      healthzPort: 0,
      // No authentication: it listens on loopback only, on a random port.
      authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
      authorization: { mode: "AlwaysAllow" },
      cgroupDriver: "cgroupfs",
      cgroupsPerQOS: false,
      enforceNodeAllocatable: [],
      failSwapOn: false,
      oomScoreAdj: 0,
      featureGates: { KubeletInUserNamespace: true },
      containerRuntimeEndpoint: `unix://${options.containerd}`,
      podLogsDir: join(folder, "pod-logs"),
      staticPodPath: "",
      registerNode: true,
      evictionHard: { "memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
      // Never remove images that the tests need, even if the disk is full.
      imageGCHighThresholdPercent: 100,
      nodeStatusUpdateFrequency: "2s",
      // Measure the disk usage of pods often enough for tests of eviction.
      volumeStatsAggPeriod: "10s",
    }),
  );
  return {
    config,
    kubeconfig: options.kubeconfig,
    "root-dir": join(folder, "kubelet"),
    "cert-dir": join(folder, "kubelet-certificates"),
    // The API server cannot resolve any other name.
    "hostname-override": "localhost",
  };
}
