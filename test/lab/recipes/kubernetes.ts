import { goTools } from "../go-tools.js";

const version = "v1.34.4";
/** Version of the modules that are developed in the Kubernetes repository. */
const stagingVersion = version.replace("v1", "v0");
const staging = [
  "api",
  "apiextensions-apiserver",
  "apimachinery",
  "apiserver",
  "cli-runtime",
  "client-go",
  "cloud-provider",
  "cluster-bootstrap",
  "code-generator",
  "component-base",
  "component-helpers",
  "controller-manager",
  "cri-api",
  "cri-client",
  "csi-translation-lib",
  "dynamic-resource-allocation",
  "endpointslice",
  "externaljwt",
  "kms",
  "kube-aggregator",
  "kube-controller-manager",
  "kube-proxy",
  "kube-scheduler",
  "kubectl",
  "kubelet",
  "metrics",
  "mount-utils",
  "pod-security-admission",
  "sample-apiserver",
];

/** Folder with static `kube-apiserver`, `kube-controller-manager`, `kube-scheduler` and `kubelet`. */
export function kubernetes(): Promise<string> {
  return commandsOf("kubernetes", ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"]);
}

/** Folder with static `kubectl`. */
export function kubectl(): Promise<string> {
  return commandsOf("kubectl", ["kubectl"]);
}

function commandsOf(name: string, commands: string[]): Promise<string> {
  return goTools({
    name,
    module: "k8s.io/kubernetes",
    version,
    commands: commands.map((command) => `k8s.io/kubernetes/cmd/${command}`),
    replace: Object.fromEntries(staging.map((name) => [`k8s.io/${name}`, stagingVersion])),
    // Without it the program reports v0.0.0-master.
    variables: { "k8s.io/component-base/version.gitVersion": version },
  });
}
