import type { NodeStatusInit } from "slipway/driver";

/** What the features of an Engine's BuildKit follow from, all of it read off the live Engine. */
export interface EngineTraits {
  /** The containerd image store is on, instead of the classic one. */
  containerdStore: boolean;
  /** The BuildKit inside takes several outputs for one build. */
  multipleOutputs: boolean;
}

const otherStore = "Switch to a different driver, or turn on the containerd image store, and try again.";

/** What the instance can do, and for the rest why not, in buildx's words. */
export function featuresOf({ containerdStore, multipleOutputs }: EngineTraits): NodeStatusInit["features"] {
  const ofStore = (id: string, name: string) =>
    containerdStore
      ? { id, supported: true }
      : {
          id,
          supported: false,
          reason: `${name} is not supported for the docker driver.`,
          remedy: otherStore,
        };
  return [
    { id: "exporter.image", supported: true },
    ofStore("exporter.oci", "OCI exporter"),
    ofStore("exporter.docker", "Docker exporter"),
    multipleOutputs
      ? { id: "exporter.multiple", supported: true }
      : {
          id: "exporter.multiple",
          supported: false,
          reason: "multiple outputs currently unsupported by the current BuildKit daemon.",
          remedy:
            "Upgrade to Docker Engine 26.0 or newer, switch to a different driver, or use a single output.",
        },
    ofStore("cache.export", "Cache export"),
    ofStore("cache.export.registry", "Cache export to a registry"),
    ofStore("multi-platform", "Multi-platform build"),
    ofStore("attestations", "Attestation"),
    ofStore("push", "Direct push"),
  ];
}

/** How builds are phrased for the BuildKit inside an Engine. */
export function buildDefaultsOf({ containerdStore }: EngineTraits): NodeStatusInit["buildDefaults"] {
  return {
    exporterTypes: { image: "moby" },
    // Images of the Engine's own store come before those of registries.
    frontendAttributes: { "image-resolve-mode": "local" },
    loadByDefault: true,
    imageExporterLoads: true,
    cacheImports: containerdStore ? ["registry", "local", "gha"] : ["registry", "local"],
    cacheExports: containerdStore ? ["inline", "registry", "local", "gha"] : ["inline"],
  };
}
