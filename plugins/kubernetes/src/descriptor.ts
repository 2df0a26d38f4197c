import { type Driver, defaultLoadOption, EndpointUse, OptionType } from "slipway/driver";
import { kubeconfigVariable } from "./cluster/access.js";
import { defaultImage } from "./workload/settings.js";

const { STRING, BOOL, INT, DURATION, QUANTITY, ENUM, MAP } = OptionType;

const quantities = (prefix: string, what: string) =>
  [
    ["cpu", "CPU time", "500m"],
    ["memory", "memory", "2Gi"],
    ["ephemeral-storage", "disk space for what is not kept", "20Gi"],
  ].map(([name, of, example]) => ({
    name: `${prefix}.${name}`,
    type: QUANTITY,
    description: `${what} of each replica: ${of}, for example ${example}.`,
  }));

/** What the driver is. */
export const descriptor: Driver["descriptor"] = {
  name: "kubernetes",
  title: "BuildKit in pods of a Kubernetes cluster",
  description:
    "Runs BuildKit as a Deployment, or as a StatefulSet when its state is on a claim, and reaches it through the API " +
    "server by exec into a pod, so that nothing has to be exposed. Changed options reach the pods of an existing " +
    "builder; stopping scales it to zero and keeps its claims.",
  capabilities: ["builders.create", "builders.stop", "daemon.config", "daemon.flags"].map((id) => ({ id })),
  endpoint: {
    use: EndpointUse.OPTIONAL,
    schemes: ["kubernetes"],
    description:
      "A cluster: kubernetes://?context=NAME, also with kubeconfig=/path, in-cluster=true and deployment=NAME. " +
      `By default the current context of ${kubeconfigVariable} or ~/.kube/config, else the cluster that the Slipway ` +
      "host runs in.",
  },
  options: [
    {
      name: "image",
      type: STRING,
      description: `Image of BuildKit. By default ${defaultImage}, with -rootless appended when rootless is set.`,
    },
    {
      name: "namespace",
      type: STRING,
      description: "Namespace; by default that of the kubeconfig's context.",
    },
    { name: "replicas", type: INT, defaultValue: "1", description: "Number of pods that share the work." },
    ...quantities("requests", "What is reserved for a pod"),
    ...quantities("limits", "What a pod may use at most"),
    {
      name: "persistent-volume-claim.requests.storage",
      type: QUANTITY,
      description:
        "Keep the state on a claim of this size for each replica, for example 50Gi; the workload is then a StatefulSet.",
    },
    {
      name: "buildkit-root-volume-memory",
      type: QUANTITY,
      description: "Keep the state in memory, up to this size; it counts towards the pod's memory.",
    },
    { name: "nodeselector", type: MAP, description: "Labels that the cluster's node must have: key=value,…" },
    {
      name: "tolerations",
      type: STRING,
      description:
        "Taints that are tolerated: key=…,operator=Exists|Equal,value=…,effect=…,tolerationSeconds=…, several separated by semicolons.",
    },
    {
      name: "affinity",
      type: STRING,
      description: "Affinity of the pods (Kubernetes' Affinity in JSON or YAML).",
    },
    {
      name: "topology-spread-constraints",
      type: STRING,
      description:
        "How replicas are spread (a list of Kubernetes' TopologySpreadConstraint in JSON or YAML); without a labelSelector it is the builder's own pods.",
    },
    {
      name: "template",
      type: STRING,
      description:
        "Anything else about the pods: a PodTemplateSpec in JSON or YAML that is laid over the one made from the other options, for example {spec: {hostNetwork: true}}. Items of lists are merged by name, null takes a field away; the container is buildkitd.",
    },
    { name: "annotations", type: MAP, description: "Annotations of the workload and its pods: key=value,…" },
    { name: "labels", type: MAP, description: "Labels of the workload and its pods: key=value,…" },
    { name: "serviceaccount", type: STRING, description: "Service account of the pods." },
    { name: "schedulername", type: STRING, description: "Scheduler of the pods." },
    {
      name: "rootless",
      type: BOOL,
      defaultValue: "false",
      description: "Run BuildKit as a user without privileges; needs a rootless image.",
    },
    {
      name: "loadbalance",
      type: ENUM,
      defaultValue: "sticky",
      allowedValues: ["sticky", "random"],
      description:
        "Which replica a build uses: the same one for the same context, which then has its files and cache, or any.",
    },
    {
      name: "qemu.install",
      type: BOOL,
      defaultValue: "false",
      description:
        "Install emulators for foreign platforms on the cluster's node first, by a privileged container.",
    },
    {
      name: "qemu.image",
      type: STRING,
      defaultValue: "tonistiigi/binfmt:latest",
      description: "Image that installs the emulators.",
    },
    {
      name: "timeout",
      type: DURATION,
      defaultValue: "2m0s",
      description: "How long starting may take until every replica is ready.",
    },
    defaultLoadOption,
    {
      name: "env.*",
      type: STRING,
      description: "Environment variables of BuildKit, for example env.HTTP_PROXY.",
    },
  ],
  environmentVariables: [kubeconfigVariable],
  priority: 40,
};
