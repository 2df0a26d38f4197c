/** The capability ids of the driver protocol; docs/driver-protocol.md describes them. */
export const capabilityIds = {
  /** Users can create builders with the driver. */
  createBuilders: "builders.create",
  /** The driver has builders that nobody created; it serves ListImplicitBuilders. */
  implicitBuilders: "builders.implicit",
  /** The driver serves Stop. */
  stopBuilders: "builders.stop",
  /** The driver uses NodeConfig.daemon_files. */
  daemonConfig: "daemon.config",
  /** The driver uses NodeConfig.daemon_flags. */
  daemonFlags: "daemon.flags",
  /** The plugin serves ImageStoreService. */
  imageStore: "image-store",
  /** The image store serves FindLayers. */
  imageStoreLayers: "image-store.layers",
  /** The driver serves Tunnel. */
  tunnel: "tunnel",
  /** The driver builds without BuildKit: it serves NativeBuildService instead of Acquire and Tunnel. */
  nativeBuild: "build.native",
  /** The policy engine serves Describe. */
  describePolicies: "policies.describe",
  /** The policy engine serves Test. */
  testPolicies: "policies.test",
} as const;

/** Whether a peer or a driver advertises a capability. */
export function hasCapability(
  { capabilities }: { capabilities: readonly { id: string }[] },
  id: string,
): boolean {
  return capabilities.some((capability) => capability.id === id);
}
