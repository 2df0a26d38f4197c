import type { NodeConfig } from "slipway/driver";

/** Name of a node's container; buildx's, so that it finds the container and we find buildx's. */
export function containerName({ node }: Pick<NodeConfig, "node">): string {
  return `buildx_buildkit_${node}`;
}

/** Name of the volume with a node's build cache; buildx's. */
export function volumeName(node: Pick<NodeConfig, "node">): string {
  return `${containerName(node)}_state`;
}

/** Where buildkitd in the container keeps its state. */
export const stateFolder = "/var/lib/buildkit";

/** Where the files of the configuration are in the container. */
export const configFolder = "/etc/buildkit";
