import {
  type CheckedNode,
  type Diagnostic,
  type Environment,
  finding,
  findingOf,
  type NodeConfig,
  validateNode,
} from "slipway/driver";
import { formatEndpoint } from "../../engine/src/endpoint.js";
import { resolveEndpoint } from "../../engine/src/select-endpoint.js";
import { descriptor } from "./descriptor.js";
import { implicitBuilders } from "./implicit-builders.js";

const otherDriver = "Use the driver docker-container, which starts a BuildKit of its own";

/** Says in the docker driver's terms what the SDK finds in general. */
const explanations: Record<string, Pick<Diagnostic, "message" | "remedy">> = {
  OPTION_UNKNOWN: {
    message: "driver options are not supported for docker driver",
    remedy: `${otherDriver}, to set options.`,
  },
  DAEMON_FLAGS_UNSUPPORTED: {
    message: "setting buildkit flags is not supported for docker driver",
    remedy: `${otherDriver}, to start it with flags.`,
  },
  DAEMON_CONFIG_UNSUPPORTED: {
    message: "setting config file is not supported for docker driver, use dockerd configuration file",
    remedy: `Configure the Engine's builder in its daemon.json. ${otherDriver}, to give it a buildkitd.toml.`,
  },
};

/** Checks a node of the docker driver; only the builders that exist already can be used. */
export async function validate(config: NodeConfig, environment: Environment): Promise<CheckedNode> {
  const checked = validateNode(descriptor, config);
  const diagnostics = checked.diagnostics.map((found) => ({ ...found, ...explanations[found.reason] }));
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
    message: `additional instances of driver "docker" cannot be created, and there is no Docker context "${builder}"`,
    remedy: `Create a Docker context with \`docker context create\`. ${otherDriver}, for another builder.`,
  });
}
