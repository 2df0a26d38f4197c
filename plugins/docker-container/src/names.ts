import type { NodeConfig } from "slipway/driver";

/** Name of a node's container. It is the same as buildx's, so that each finds the other's containers. */
export function containerName({ node }: Pick<NodeConfig, "node">): string {
  return `buildx_buildkit_${node}`;
}

/** Name of the volume with a node's build cache; the same as buildx's. */
export function volumeName(node: Pick<NodeConfig, "node">): string {
  return `${containerName(node)}_state`;
}

/** Folder of buildkitd's state in the container. */
export const stateFolder = "/var/lib/buildkit";

/** Folder of buildkitd's configuration in the container. */
export const configFolder = "/etc/buildkit";
