import { type Driver, defaultLoadOption, EndpointUse, OptionType } from "slipway/driver";
import { engineVariables } from "../../engine/src/select-endpoint.js";
import { githubVariables } from "./github-context.js";

const { STRING, BOOL, INT, BYTES } = OptionType;

/** The driver's description; its options are buildx's. */
export const descriptor: Driver["descriptor"] = {
  name: "docker-container",
  title: "BuildKit in a container of a Docker Engine",
  description:
    "Starts a privileged container with buildkitd in a Docker Engine. The build cache is in a volume. All features of " +
    "BuildKit are available; results are loaded into the Engine's image store when a build asks for it, or by default " +
    "with default-load. The container is named buildx_buildkit_NODE, and buildx can use it.",
  capabilities: [
    { id: "builders.create" },
    { id: "builders.stop" },
    { id: "daemon.config" },
    { id: "daemon.flags" },
  ],
  endpoint: {
    use: EndpointUse.OPTIONAL,
    description:
      "The Docker Engine: the name of a Docker context, or unix:///path, tcp://host:port[?certPath=/folder] or " +
      "ssh://[user@]host[:port]. By default the one that DOCKER_HOST, DOCKER_CONTEXT or `docker context use` selects.",
  },
  options: [
    {
      name: "image",
      type: STRING,
      defaultValue: "moby/buildkit:buildx-stable-1",
      description: "Image with buildkitd and buildctl. It is pulled when the container is created.",
    },
    {
      name: "network",
      type: STRING,
      description:
        'Network of the container: "bridge", "host", "none" or a name. "host" allows builds the entitlement network.host.',
    },
    { name: "memory", type: BYTES, description: 'Memory limit of the container, such as "2g".' },
    {
      name: "memory-swap",
      type: BYTES,
      description: "Limit of memory and swap together; -1 for unlimited swap.",
    },
    {
      name: "cpu-quota",
      type: INT,
      description: "Microseconds of CPU that the container gets in each cpu-period.",
    },
    { name: "cpu-period", type: INT, description: "Length of the scheduler's period, in microseconds." },
    {
      name: "cpu-shares",
      type: INT,
      description: "Weight against other containers; the Engine's default is 1024.",
    },
    { name: "cpuset-cpus", type: STRING, description: 'CPUs that may be used: "0-3", "0,2".' },
    { name: "cpuset-mems", type: STRING, description: 'Memory nodes that may be used: "0-1".' },
    {
      name: "cgroup-parent",
      type: STRING,
      defaultValue: "/docker/buildx",
      description: "Cgroup below which the container runs, when the Engine's cgroup driver is cgroupfs.",
    },
    {
      name: "restart-policy",
      type: STRING,
      defaultValue: "unless-stopped",
      allowedValues: ["no", "always", "unless-stopped", "on-failure", "on-failure:3"],
      description:
        "When the Engine starts the container again: no, always, unless-stopped or on-failure[:RETRIES].",
    },
    defaultLoadOption,
    {
      name: "provenance-add-gha",
      type: BOOL,
      defaultValue: "true",
      description: "Add the GitHub Actions context to provenance, when a job creates the builder.",
    },
    {
      name: "allow-untrusted-image",
      type: BOOL,
      defaultValue: "false",
      description:
        "Accepted for compatibility with buildx. The image's signatures are not checked, so there is nothing to skip.",
    },
    {
      name: "env.*",
      type: STRING,
      sensitive: true,
      description: "Environment variable of the container, for example env.HTTP_PROXY.",
    },
  ],
  environmentVariables: [...engineVariables, ...githubVariables],
  priority: 30,
};
