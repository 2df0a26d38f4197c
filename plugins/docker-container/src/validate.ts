import {
  type CheckedNode,
  completeDaemonFlags,
  configuredEntitlements,
  type Diagnostic,
  type Environment,
  finding,
  findingOf,
  type NodeConfig,
  Severity,
  validateNode,
} from "slipway/driver";
import { formatEndpoint } from "../../engine/src/endpoint.js";
import { resolveEndpoint } from "../../engine/src/select-endpoint.js";
import { descriptor } from "./descriptor.js";
import { githubContext, githubContextFile } from "./github-context.js";
import { parseImageReference } from "./image-reference.js";
import { formatRestartPolicy, parseRestartPolicy } from "./restart-policy.js";

/** The only value of memory-swap that is not a number of bytes. */
const unlimitedSwap = "-1";

/** Checks a node, and completes its endpoint and flags. */
export async function validate(given: NodeConfig, environment: Environment): Promise<CheckedNode> {
  const { "memory-swap": swap, ...others } = given.options;
  const isUnlimited = swap === unlimitedSwap;
  const checked = validateNode(descriptor, { ...given, options: isUnlimited ? others : given.options });
  const { config, diagnostics } = checked;
  const { options } = config;
  if (isUnlimited) options["memory-swap"] = swap;

  const attempt = async (field: string, work: () => void | Promise<void>) => {
    try {
      await work();
    } catch (error) {
      diagnostics.push(findingOf(error, { field }));
    }
  };
  await attempt("endpoint", async () => {
    config.endpoint = formatEndpoint(await resolveEndpoint(given.endpoint, environment));
  });
  await attempt("options[restart-policy]", () => {
    options["restart-policy"] = formatRestartPolicy(parseRestartPolicy(options["restart-policy"]!));
  });
  await attempt("options[image]", () => void parseImageReference(options.image!));
  if (options["provenance-add-gha"] === "true") {
    const context = await githubContext(environment).catch((error) => {
      diagnostics.push(contextUnreadable(error));
    });
    // An existing file is that of the job which created the builder.
    if (context) config.daemonFiles = { [githubContextFile]: context, ...config.daemonFiles };
  }
  config.daemonFlags = completeDaemonFlags(config.daemonFlags, {
    network: options.network,
    configured: configuredEntitlements(config.daemonFiles),
  });
  return { config, diagnostics };
}

function contextUnreadable({ message }: Error): Diagnostic {
  return finding({
    severity: Severity.WARNING,
    reason: "GITHUB_CONTEXT_UNREADABLE",
    field: "options[provenance-add-gha]",
    message: `The GitHub Actions context is left out of provenance: ${message}.`,
    remedy: "Set the driver option provenance-add-gha to false.",
  });
}
