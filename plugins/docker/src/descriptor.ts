import { type Driver, EndpointUse } from "slipway/driver";
import { engineVariables } from "../../engine/src/select-endpoint.js";

/** The driver's description; it has no options. */
export const descriptor: Driver["descriptor"] = {
  name: "docker",
  title: "The BuildKit inside a Docker Engine",
  description:
    "Builds with the BuildKit that is part of a Docker Engine. Each Docker context is a builder; nothing is created. " +
    "Results are directly in the Engine's image store. Multi-platform builds, attestations and cache exports need the " +
    "containerd image store.",
  capabilities: [{ id: "builders.implicit" }, { id: "image-store" }, { id: "image-store.layers" }],
  endpoint: {
    use: EndpointUse.OPTIONAL,
    description:
      "A Docker Engine: the name of a Docker context, or unix:///path, tcp://host:port[?certPath=/folder] or " +
      "ssh://[user@]host[:port]. By default the one that DOCKER_HOST, DOCKER_CONTEXT or `docker context use` selects.",
  },
  environmentVariables: engineVariables,
  priority: 10,
};
