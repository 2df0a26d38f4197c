import { create } from "@bufbuild/protobuf";
import {
  type CheckedNode,
  type Diagnostic,
  DiagnosticSchema,
  type Environment,
  type NodeConfig,
  Severity,
  validateNode,
} from "../../../src/driver/index.js";
import { readTypedError } from "../../../src/errors.js";
import { formatEndpoint } from "../../engine/src/endpoint.js";
import { resolveEndpoint } from "../../engine/src/select-endpoint.js";
import { descriptor } from "./descriptor.js";
import { completeFlags, configuredEntitlements } from "./flags.js";
import { parseImageReference } from "./image-reference.js";
import { formatRestartPolicy, parseRestartPolicy } from "./restart-policy.js";

/** The value of memory-swap that is no number of bytes. */
const unlimitedSwap = "-1";

/** Checks a node, and completes its endpoint and its flags. */
export async function validate(given: NodeConfig, environment: Environment): Promise<CheckedNode> {
  const { "memory-swap": swap, ...others } = given.options;
  const isUnlimited = swap === unlimitedSwap;
  const checked = validateNode(descriptor, { ...given, options: isUnlimited ? others : given.options });
  const { config, diagnostics } = checked;
  const { options } = config;
  if (isUnlimited) options["memory-swap"] = swap;

  const attempt = async <T>(field: string, work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      diagnostics.push(problem(field, error));
      return undefined;
    }
  };
  config.endpoint =
    (await attempt("endpoint", async () =>
      formatEndpoint(await resolveEndpoint(given.endpoint, environment)),
    )) ?? config.endpoint;
  if (options["restart-policy"] !== undefined)
    options["restart-policy"] =
      (await attempt("options[restart-policy]", () =>
        formatRestartPolicy(parseRestartPolicy(options["restart-policy"]!)),
      )) ?? "";
  if (options.image !== undefined) await attempt("options[image]", () => parseImageReference(options.image!));
  config.daemonFlags = completeFlags(config.daemonFlags, {
    network: options.network,
    configured: configuredEntitlements(config.daemonFiles),
  });
  return { config, diagnostics };
}

function problem(field: string, error: unknown): Diagnostic {
  const { reason, message, remedy = "" } = readTypedError(error);
  return create(DiagnosticSchema, { severity: Severity.ERROR, reason, field, message, remedy });
}
