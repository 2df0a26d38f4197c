import {
  type CheckedNode,
  type Diagnostic,
  type Environment,
  type FindingTexts,
  finding,
  findingOf,
  type NodeConfig,
  readTypedError,
  Severity,
  validateNode,
  withoutUser,
  withTexts,
} from "slipway/driver";
import { descriptor, endpointVariable } from "./descriptor.js";
import {
  type Endpoint,
  EndpointError,
  formatEndpoint,
  isDirect,
  parseEndpoint,
  schemes,
} from "./endpoint.js";
import { withVariables } from "./program-environment.js";
import { usesTls } from "./target.js";
import { readTlsFiles, textOption, tlsFiles, tlsOptionNames } from "./tls-files.js";

const otherDriver = "use the driver docker-container, which starts its own BuildKit";

/** buildx's texts for what the SDK finds in general. */
const buildxTexts: FindingTexts = {
  DAEMON_FLAGS_UNSUPPORTED: {
    message: "Setting buildkit flags is not supported for remote driver.",
    remedy: `Set the flags of buildkitd where it runs, or ${otherDriver}.`,
  },
  DAEMON_CONFIG_UNSUPPORTED: {
    message: "Setting config file is not supported for remote driver.",
    remedy: `Put the buildkitd.toml where buildkitd runs, or ${otherDriver}.`,
  },
};

/** Checks a node of the remote driver. A missing endpoint comes from the environment. */
export async function validate(given: NodeConfig, environment: Environment): Promise<CheckedNode> {
  const endpoint = given.endpoint || environment[endpointVariable] || "";
  const checked = validateNode(descriptor, { ...given, endpoint });
  const { config } = checked;
  const diagnostics = withTexts(checked.diagnostics, buildxTexts)
    // The SDK's check of the scheme is replaced by the one below.
    .filter(({ reason }) => reason !== "ENDPOINT_INVALID")
    .map((found) => ({ ...found, ...explainEndpoint(found) }))
    .map((found) => ({ ...found, ...explainPath(found, given) }));
  const parsed = endpoint ? await read(endpoint, environment, diagnostics) : undefined;
  if (parsed) config.endpoint = formatEndpoint(parsed);
  diagnostics.push(...checkTlsOptions(config, parsed));
  if (parsed && usesTls(parsed, config.options)) diagnostics.push(...(await checkTlsFiles(config)));
  return { config, diagnostics };
}

async function read(
  text: string,
  environment: Environment,
  diagnostics: Diagnostic[],
): Promise<Endpoint | undefined> {
  try {
    const endpoint = parseEndpoint(text);
    return isDirect(endpoint) ? endpoint : await withVariables(endpoint, environment);
  } catch (cause) {
    if (!(cause instanceof EndpointError)) {
      diagnostics.push(findingOf(cause, { field: "endpoint" }));
      return undefined;
    }
    const message = `The endpoint "${withoutUser(text)}" cannot be used: ${cause.message}.`;
    const remedy = `Use one of the schemes ${schemes.map((scheme) => `${scheme}://`).join(", ")}.`;
    diagnostics.push(finding({ reason: "ENDPOINT_INVALID", field: "endpoint", message, remedy }));
    return undefined;
  }
}

function explainEndpoint({ reason }: Diagnostic): Partial<Diagnostic> {
  if (reason !== "ENDPOINT_REQUIRED") return {};
  const remedy = `Set the endpoint to the address of a buildkitd, such as tcp://host:1234, or set ${endpointVariable}.`;
  return { message: "No remote endpoint provided.", remedy };
}

function explainPath({ reason, field }: Diagnostic, { options }: NodeConfig): Partial<Diagnostic> {
  const file = tlsFiles.find((name) => field === `options[${name}]`);
  if (reason !== "OPTION_INVALID" || !file) return {};
  return { message: `Non-absolute path '${options[file]}' provided for ${file}.` };
}

function checkTlsOptions({ options }: NodeConfig, endpoint: Endpoint | undefined): Diagnostic[] {
  const found: Diagnostic[] = [];
  const has = (file: (typeof tlsFiles)[number]) => Boolean(options[file] || options[textOption(file)]);
  for (const file of tlsFiles) {
    if (!options[file] || !options[textOption(file)]) continue;
    const message = `The driver options ${file} and ${textOption(file)} exclude each other.`;
    const field = `options[${textOption(file)}]`;
    found.push(finding({ reason: "OPTION_CONFLICT", field, message, remedy: "Set only one of them." }));
  }
  for (const [given, missing] of [["cert", "key"] as const, ["key", "cert"] as const]) {
    if (!has(given) || has(missing)) continue;
    const message = `TLS enabled, but missing keys ${missing}: a client certificate needs its key.`;
    const remedy = `Set the driver option ${missing}, or leave out ${given}.`;
    found.push(finding({ reason: "OPTION_REQUIRED", field: `options[${missing}]`, message, remedy }));
  }
  if (endpoint && endpoint.kind !== "tcp" && endpoint.kind !== "https") {
    for (const name of tlsOptionNames.filter((option) => options[option])) {
      const message = `The driver option ${name} has no effect: connections to ${endpoint.kind}:// endpoints do not use TLS.`;
      const field = `options[${name}]`;
      const remedy = "Leave it out, or use a tcp:// or https:// endpoint.";
      found.push(finding({ severity: Severity.WARNING, reason: "OPTION_UNUSED", field, message, remedy }));
    }
  }
  return found;
}

/** A problem with a file is a warning, since the file may change; a problem with an option's content is an error. */
async function checkTlsFiles({ options }: NodeConfig): Promise<Diagnostic[]> {
  try {
    await readTlsFiles(options);
    return [];
  } catch (error) {
    const field = readTypedError(error).fields?.[0]?.field ?? "options";
    const severity = field.endsWith(".pem]") ? Severity.ERROR : Severity.WARNING;
    return [findingOf(error, { severity, field })];
  }
}
