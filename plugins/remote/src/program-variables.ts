import { engineVariables } from "../../engine/src/select-endpoint.js";

/** Where ssh, also that of docker and podman, finds the user's agent. */
export const agentVariable = "SSH_AUTH_SOCK";

/** The variables that select what a program reaches, by the kind of endpoint; all are parameters of such endpoints. */
export const programVariables = {
  ssh: [agentVariable],
  "docker-container": [...engineVariables, agentVariable],
  "podman-container": [
    "CONTAINER_HOST",
    "CONTAINER_CONNECTION",
    "CONTAINER_SSHKEY",
    "CONTAINERS_CONF",
    "CONTAINERS_STORAGE_CONF",
    agentVariable,
  ],
  "nerdctl-container": ["CONTAINERD_ADDRESS", "CONTAINERD_NAMESPACE", "NERDCTL_TOML"],
  "kube-pod": ["KUBECONFIG"],
} satisfies Record<string, string[]>;
