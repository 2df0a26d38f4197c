import {
  type CheckedNode,
  type Diagnostic,
  type Environment,
  finding,
  findingOf,
  type NodeConfig,
  readTypedError,
  Severity,
  validateNode,
  withoutUser,
} from "slipway/driver";
import { descriptor, endpointVariable } from "./descriptor.js";
import { type Endpoint, formatEndpoint, parseEndpoint, schemes } from "./endpoint.js";
import { usesTls } from "./target.js";
import { readTlsFiles, textOption, tlsFiles, tlsOptionNames } from "./tls-files.js";

const otherDriver = "use the driver docker-container, which starts a BuildKit of its own";

/** Says in buildx's words what the SDK finds in general. */
const explanations: Record<string, Pick<Diagnostic, "message" | "remedy">> = {
  DAEMON_FLAGS_UNSUPPORTED: {
    message: "setting buildkit flags is not supported for remote driver",
    remedy: `Give the flags to buildkitd where it runs, or ${otherDriver}.`,
  },
  DAEMON_CONFIG_UNSUPPORTED: {
    message: "setting config file is not supported for remote driver",
    remedy: `Put the buildkitd.toml where buildkitd runs, or ${otherDriver}.`,
  },
};

/** Checks a node of the remote driver; an endpoint that is missing comes from the environment. */
export async function validate(given: NodeConfig, environment: Environment): Promise<CheckedNode> {
  const endpoint = given.endpoint || environment[endpointVariable] || "";
  const checked = validateNode(descriptor, { ...given, endpoint });
  const { config } = checked;
  const diagnostics = checked.diagnostics
    // What the SDK says of the scheme is said better below.
    .filter(({ reason }) => reason !== "ENDPOINT_INVALID")
    .map((found) => ({ ...found, ...explanations[found.reason], ...explainEndpoint(found) }))
    .map((found) => ({ ...found, ...explainPath(found, given) }));
  const parsed = endpoint ? read(endpoint, diagnostics) : undefined;
  if (parsed) config.endpoint = formatEndpoint(parsed);
  diagnostics.push(...checkTlsOptions(config, parsed));
  if (parsed && usesTls(parsed, config.options)) diagnostics.push(...(await checkTlsFiles(config)));
  return { config, diagnostics };
}

function read(text: string, diagnostics: Diagnostic[]): Endpoint | undefined {
  try {
    return parseEndpoint(text);
  } catch (cause) {
    const message = `the endpoint "${withoutUser(text)}" cannot be used: ${(cause as Error).message}`;
    const remedy = `Begin it with ${schemes.map((scheme) => `${scheme}://`).join(", ")}.`;
    diagnostics.push(finding({ reason: "ENDPOINT_INVALID", field: "endpoint", message, remedy }));
    return undefined;
  }
}

function explainEndpoint({ reason }: Diagnostic): Partial<Diagnostic> {
  if (reason !== "ENDPOINT_REQUIRED") return {};
  const remedy = `Give the address of a buildkitd, such as tcp://host:1234, or set ${endpointVariable}.`;
  return { message: "no remote endpoint provided", remedy };
}

function explainPath({ reason, field }: Diagnostic, { options }: NodeConfig): Partial<Diagnostic> {
  const file = tlsFiles.find((name) => field === `options[${name}]`);
  if (reason !== "OPTION_INVALID" || !file) return {};
  return { message: `non-absolute path '${options[file]}' provided for ${file}` };
}

function checkTlsOptions({ options }: NodeConfig, endpoint: Endpoint | undefined): Diagnostic[] {
  const found: Diagnostic[] = [];
  const has = (file: (typeof tlsFiles)[number]) => Boolean(options[file] || options[textOption(file)]);
  for (const file of tlsFiles) {
    if (!options[file] || !options[textOption(file)]) continue;
    const message = `the options ${file} and ${textOption(file)} say the same thing twice`;
    const field = `options[${textOption(file)}]`;
    found.push(finding({ reason: "OPTION_CONFLICT", field, message, remedy: "Give only one of the two." }));
  }
  for (const [given, missing] of [["cert", "key"] as const, ["key", "cert"] as const]) {
    if (!has(given) || has(missing)) continue;
    const message = `tls enabled, but missing keys ${missing}: a client certificate and its key belong together`;
    const remedy = `Give it with --driver-opt ${missing}=/absolute/path, or leave out ${given}.`;
    found.push(finding({ reason: "OPTION_REQUIRED", field: `options[${missing}]`, message, remedy }));
  }
  if (endpoint && endpoint.kind !== "tcp" && endpoint.kind !== "https") {
    for (const name of tlsOptionNames.filter((option) => options[option])) {
      const message = `the option ${name} has no effect: connections to ${endpoint.kind}:// endpoints are not made with TLS`;
      const field = `options[${name}]`;
      const remedy = "Leave it out, or use a tcp:// or https:// endpoint.";
      found.push(finding({ severity: Severity.WARNING, reason: "OPTION_UNUSED", field, message, remedy }));
    }
  }
  return found;
}

/** A file may still come, or change; what the options hold themselves can't. */
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
