import type { NodeStatusInit } from "slipway/driver";

/** What determines the features of an Engine's BuildKit, as the Engine reports it. */
export interface EngineTraits {
  /** The Engine uses the containerd image store instead of the classic one. */
  containerdStore: boolean;
  /** Its BuildKit accepts several outputs for one build. */
  multipleOutputs: boolean;
  /** Its BuildKit is 0.8, of Engine 20.10. */
  outdatedBuildkit: boolean;
}

const useOtherStore = "Switch to a different driver, or turn on the containerd image store, and try again.";

const updateEngine = "Upgrade to Docker Engine 23.0 or newer, or switch to a different driver.";

/** The supported features, and why the others are missing; the messages are buildx's own texts. */
export function featuresOf(traits: EngineTraits): NodeStatusInit["features"] {
  const { containerdStore, multipleOutputs, outdatedBuildkit } = traits;
  const ofStore = (id: string, name: string) =>
    containerdStore
      ? { id, supported: true }
      : {
          id,
          supported: false,
          reason: "CONTAINERD_STORE_REQUIRED",
          message: `${name} is not supported for the docker driver.`,
          remedy: useOtherStore,
        };
  const ofNewer = (id: string, message: string, remedy = updateEngine) =>
    outdatedBuildkit
      ? { id, supported: false, reason: "BUILDKIT_TOO_OLD", message, remedy }
      : { id, supported: true };
  return [
    { id: "exporter.image", supported: true },
    ofStore("exporter.oci", "OCI exporter"),
    ofStore("exporter.docker", "Docker exporter"),
    multipleOutputs
      ? { id: "exporter.multiple", supported: true }
      : {
          id: "exporter.multiple",
          supported: false,
          reason: "BUILDKIT_TOO_OLD",
          message: "Multiple outputs are currently unsupported by the current BuildKit daemon.",
          remedy:
            "Upgrade to Docker Engine 26.0 or newer, switch to a different driver, or use a single output.",
        },
    ofStore("cache.export", "Cache export"),
    ofStore("cache.export.registry", "Cache export to a registry"),
    ofStore("multi-platform", "Multi-platform build"),
    ofStore("attestations", "Attestation"),
    ofStore("push", "Direct push"),
    ofNewer("shm-size", "Docker Engine 20.10 gives all RUN steps a /dev/shm of the same size."),
    ofNewer("ulimits", "Docker Engine 20.10 sets no limits for RUN steps."),
    ofNewer(
      "dockerfile.without-stages",
      "It would end Docker Engine 20.10 as a whole.",
      "Add a FROM instruction.",
    ),
  ];
}

/** Defaults of builds with the BuildKit inside an Engine. */
export function buildDefaultsOf({ containerdStore }: EngineTraits): NodeStatusInit["buildDefaults"] {
  return {
    exporterTypes: { image: "moby" },
    // Prefer images of the Engine's own store over those of registries.
    frontendAttributes: { "image-resolve-mode": "local" },
    loadByDefault: true,
    imageExporterLoads: true,
    cacheImports: containerdStore ? ["registry", "local", "gha"] : ["registry", "local"],
    cacheExports: containerdStore ? ["inline", "registry", "local", "gha"] : ["inline"],
  };
}
