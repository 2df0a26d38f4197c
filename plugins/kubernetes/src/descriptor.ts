import { type Driver, defaultLoadOption, EndpointUse, OptionType } from "slipway/driver";
import { kubeconfigVariable } from "./cluster/access.js";
import { defaultImage } from "./workload/settings.js";

const { STRING, BOOL, INT, DURATION, QUANTITY, ENUM, MAP } = OptionType;

const quantities = (prefix: string, title: string) =>
  [
    ["cpu", "CPU time", "500m"],
    ["memory", "memory", "2Gi"],
    ["ephemeral-storage", "ephemeral disk space", "20Gi"],
  ].map(([name, of, example]) => ({
    name: `${prefix}.${name}`,
    type: QUANTITY,
    description: `${title}: ${of}, for example ${example}.`,
  }));

/** The driver's description. */
export const descriptor: Driver["descriptor"] = {
  name: "kubernetes",
  title: "BuildKit in pods of a Kubernetes cluster",
  description:
    "Runs BuildKit as a Deployment, as a StatefulSet when its state is on a claim, or as a pool of workers that grows " +
    "and shrinks with the builds, and connects through the API server by exec into a pod, so that no port is exposed. " +
    "Changed options are applied to the pods of an existing builder. Stopping scales it to zero and keeps its claims.",
  capabilities: ["builders.create", "builders.stop", "daemon.config", "daemon.flags"].map((id) => ({ id })),
  endpoint: {
    use: EndpointUse.OPTIONAL,
    schemes: ["kubernetes"],
    description:
      "A cluster: kubernetes://?context=NAME, also with kubeconfig=/path, in-cluster=true and deployment=NAME. " +
      `By default the current context of ${kubeconfigVariable} or ~/.kube/config, else the cluster in which the Slipway ` +
      "host runs.",
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
      description: "Namespace; by default the namespace of the kubeconfig's context.",
    },
    { name: "replicas", type: INT, defaultValue: "1", description: "Number of pods that share the work." },
    {
      name: "pool.max",
      type: INT,
      description:
        "Make the node a pool of workers: pods with a claim each, of which each builds one thing at a time. They are created when builds need them, up to this number.",
    },
    { name: "pool.min", type: INT, description: "Workers that a pool keeps without builds; default 0." },
    {
      name: "pool.idle",
      type: DURATION,
      description: "Time without a build after which a worker is removed; its claim stays. Default 3m.",
    },
    {
      name: "pool.steal",
      type: DURATION,
      description:
        "How long a build waits for the worker with its cache while another one is idle; default 5s.",
    },
    {
      name: "pool.grace",
      type: DURATION,
      description:
        "How long a worker that is deleted or drained may finish its build; default 1h. It is the pod's termination grace period.",
    },
    ...quantities("requests", "Reserved for each pod"),
    ...quantities("limits", "Limit of each pod"),
    {
      name: "persistent-volume-claim.requests.storage",
      type: QUANTITY,
      description:
        "Keep the state of each replica on a claim of this size, for example 50Gi. The workload is then a StatefulSet. A pool has 20Gi for each worker by default.",
    },
    {
      name: "buildkit-root-volume-memory",
      type: QUANTITY,
      description: "Keep the state in memory, up to this size. It counts towards the pod's memory.",
    },
    {
      name: "nodeselector",
      type: MAP,
      description: "Labels that the cluster's node must have: key=value,….",
    },
    {
      name: "tolerations",
      type: STRING,
      description:
        "Tolerated taints: key=…,operator=Exists|Equal,value=…,effect=…,tolerationSeconds=…, separated by semicolons.",
    },
    {
      name: "affinity",
      type: STRING,
      description: "Affinity of the pods: a Kubernetes Affinity in JSON or YAML.",
    },
    {
      name: "topology-spread-constraints",
      type: STRING,
      description:
        "Spreading of the replicas: a list of Kubernetes TopologySpreadConstraints in JSON or YAML. The default labelSelector selects the builder's pods.",
    },
    {
      name: "template",
      type: STRING,
      sensitive: true,
      description:
        "Other pod settings: a PodTemplateSpec in JSON or YAML that is merged into the one from the other options, for example {spec: {hostNetwork: true}}. List items are merged by name; null removes a field. The container is named buildkitd.",
    },
    { name: "annotations", type: MAP, description: "Annotations of the workload and its pods: key=value,…." },
    { name: "labels", type: MAP, description: "Labels of the workload and its pods: key=value,…." },
    { name: "serviceaccount", type: STRING, description: "Service account of the pods." },
    { name: "schedulername", type: STRING, description: "Scheduler of the pods." },
    {
      name: "rootless",
      type: BOOL,
      defaultValue: "false",
      description: "Run BuildKit without root privileges; needs a rootless image.",
    },
    {
      name: "loadbalance",
      type: ENUM,
      defaultValue: "sticky",
      allowedValues: ["sticky", "random"],
      description:
        "Which replica a build uses: sticky selects the same one for the same context, which has its files and cache; random selects any.",
    },
    {
      name: "qemu.install",
      type: BOOL,
      defaultValue: "false",
      description:
        "Install emulators for foreign platforms on the cluster's node first, with a privileged container.",
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
      description: "How long to wait until every replica is ready.",
    },
    defaultLoadOption,
    {
      name: "env.*",
      type: STRING,
      sensitive: true,
      description: "Environment variables of BuildKit, for example env.HTTP_PROXY.",
    },
  ],
  environmentVariables: [kubeconfigVariable],
  priority: 40,
};
