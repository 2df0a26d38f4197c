import { type Driver, EndpointUse } from "slipway/driver";
import { engineVariables } from "../../engine/src/select-endpoint.js";

/** What the driver is; it has no options. */
export const descriptor: Driver["descriptor"] = {
  name: "docker",
  title: "The BuildKit inside a Docker Engine",
  description:
    "Builds with the BuildKit that is part of a Docker Engine. There is one builder for each Docker context, and " +
    "nothing is created. Results are in the Engine's image store at once. With the classic image store there are " +
    "no multi-platform builds, attestations or cache exports; with the containerd image store there are.",
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
