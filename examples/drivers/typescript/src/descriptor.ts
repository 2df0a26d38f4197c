import { EndpointUse, type NativeDriver, OptionType } from "slipway/driver";

/** The driver's description, with the supported fields of builds. */
export const descriptor: NativeDriver["descriptor"] = {
  name: "buildah",
  title: "Buildah, without a daemon",
  description:
    "Builds Dockerfiles with the program buildah, without BuildKit and without a daemon. Each node keeps its layers in a " +
    "folder, so that unchanged steps are cached.",
  capabilities: [{ id: "builders.create" }, { id: "build.native" }],
  nativeBuild: {
    fields: [
      "annotations",
      "build_args",
      "cgroup_parent",
      "extra_hosts",
      "labels",
      "named_contexts",
      "network",
      "no_cache",
      "platforms",
      "pull",
      "secrets",
      "shm_size_bytes",
      "tags",
      "target",
      "ulimits",
    ],
    outputs: ["image", "registry", "oci", "docker", "tar", "local"],
  },
  endpoint: { use: EndpointUse.FORBIDDEN, description: "Buildah runs on the machine of the Slipway host." },
  options: [
    {
      name: "isolation",
      type: OptionType.ENUM,
      allowedValues: ["oci", "rootless", "chroot"],
      description: "Isolation of RUN steps. By default oci for root, else rootless.",
    },
    {
      name: "storage-driver",
      type: OptionType.ENUM,
      allowedValues: ["overlay", "vfs"],
      defaultValue: "overlay",
      description:
        "How layers are stored. vfs works everywhere, but copies the complete layer for each step.",
    },
    {
      name: "insecure-registries",
      type: OptionType.STRING,
      description: "Registries (host[:port], separated by commas) that are used without verified TLS.",
    },
  ],
  priority: 100,
};
