import {
  type CheckedNode,
  type Diagnostic,
  type Environment,
  type FindingTexts,
  finding,
  findingOf,
  type NodeConfig,
  validateNode,
  withTexts,
} from "slipway/driver";
import { formatEndpoint } from "../../engine/src/endpoint.js";
import { resolveEndpoint } from "../../engine/src/select-endpoint.js";
import { descriptor } from "./descriptor.js";
import { implicitBuilders } from "./implicit-builders.js";

const otherDriver = "Use the driver docker-container, which starts its own BuildKit";

/** buildx's texts for what the SDK finds in general. */
const buildxTexts: FindingTexts = {
  OPTION_UNKNOWN: {
    message: "Driver options are not supported for docker driver.",
    remedy: `${otherDriver}, to set options.`,
  },
  DAEMON_FLAGS_UNSUPPORTED: {
    message: "Setting buildkit flags is not supported for docker driver.",
    remedy: `${otherDriver}, to start it with flags.`,
  },
  DAEMON_CONFIG_UNSUPPORTED: {
    message: "Setting config file is not supported for docker driver, use dockerd configuration file.",
    remedy: `Configure the Engine's builder in its daemon.json. ${otherDriver}, to give it a buildkitd.toml.`,
  },
};

/** Checks a node of the docker driver; only existing builders can be used. */
export async function validate(config: NodeConfig, environment: Environment): Promise<CheckedNode> {
  const checked = validateNode(descriptor, config);
  const diagnostics = withTexts(checked.diagnostics, buildxTexts);
  try {
    const endpoint = formatEndpoint(await resolveEndpoint(config.endpoint, environment));
    const { builders } = await implicitBuilders(environment);
    if (!builders.some((builder) => builder.config.builder === config.builder))
      diagnostics.push(additional(config));
    return { config: { ...checked.config, endpoint }, diagnostics };
  } catch (error) {
    diagnostics.push(findingOf(error, { field: "endpoint" }));
    return { config: checked.config, diagnostics };
  }
}

function additional({ builder }: NodeConfig): Diagnostic {
  return finding({
    reason: "INSTANCES_UNSUPPORTED",
    field: "builder",
    message: `Additional instances of driver "docker" cannot be created, and there is no Docker context "${builder}".`,
    remedy: `Create a Docker context with \`docker context create\`. ${otherDriver}, for another builder.`,
  });
}
