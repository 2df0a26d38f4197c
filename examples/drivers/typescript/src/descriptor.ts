import { EndpointUse, type NativeDriver, OptionType } from "slipway/driver";

/** What the driver is, and what of a build it can do. */
export const descriptor: NativeDriver["descriptor"] = {
  name: "buildah",
  title: "Buildah, without a daemon",
  description:
    "Builds Dockerfiles with the buildah program of this machine: no BuildKit and no daemon are needed. Layers are " +
    "kept in a folder for each node, so that steps which did not change are not run again.",
  capabilities: [
    { id: "builders.create" },
    {
      id: "build.native",
      settings: {
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
    },
  ],
  endpoint: { use: EndpointUse.FORBIDDEN, description: "Buildah runs on the machine of the Slipway host." },
  options: [
    {
      name: "isolation",
      type: OptionType.ENUM,
      allowedValues: ["oci", "rootless", "chroot"],
      description: "How RUN steps are kept apart from this machine; by default oci for root, else rootless.",
    },
    {
      name: "storage-driver",
      type: OptionType.ENUM,
      allowedValues: ["overlay", "vfs"],
      defaultValue: "overlay",
      description: "How layers are stored. vfs works everywhere, and copies a whole layer for each step.",
    },
    {
      name: "insecure-registries",
      type: OptionType.STRING,
      description: "Registries (host[:port], separated by commas) that are spoken to without checked TLS.",
    },
  ],
  priority: 100,
};
