import { clone } from "@bufbuild/protobuf";
import { type BuildSpec, BuildSpecSchema } from "../../gen/slipway/v1/build_spec_pb.js";
import { withoutPassword } from "../../inputs/context-url.js";

const none = new Uint8Array();

/** The specification without secret values, for records: ids of secrets and keys stay, their values are removed. */
export function redactSpec(spec: BuildSpec): BuildSpec {
  const shown = clone(BuildSpecSchema, { ...spec, secrets: [], ssh: [], cacheFrom: [], cacheTo: [] });
  shown.environment = {};
  shown.registryAuth = undefined;
  shown.secrets = spec.secrets.map((secret) => ({ ...secret, value: none }));
  shown.ssh = spec.ssh.map((forward) => ({ ...forward, keys: [] }));
  shown.cacheFrom = spec.cacheFrom.map((cache) => ({ ...cache, attributes: {} }));
  shown.cacheTo = spec.cacheTo.map((cache) => ({ ...cache, attributes: {} }));
  shown.buildArgs = redactValues(spec.buildArgs, spec.sensitiveBuildArgs);
  shown.frontendAttributes = redactValues(spec.frontendAttributes, spec.sensitiveBuildArgs);
  for (const context of [shown.context, ...Object.values(shown.namedContexts)]) {
    if (context?.source.case === "url") context.source.value = withoutPassword(context.source.value);
  }
  if (shown.dockerfile?.source.case === "content") shown.dockerfile = undefined;
  return shown;
}

/** Build arguments that the Dockerfile frontend predefines for proxies. */
const proxyArg = /^(build-arg:)?(http|https|ftp|all)_proxy$/i;

/** @param sensitive names of build arguments, which attributes have after "build-arg:", or of attributes */
function redactValues(values: Record<string, string>, sensitive: readonly string[]): Record<string, string> {
  const redact = (name: string, value: string) => {
    if (sensitive.includes(name) || sensitive.includes(name.replace(/^build-arg:/, ""))) return "<redacted>";
    return proxyArg.test(name) ? value.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1<redacted>@") : value;
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, redact(name, value)]));
}
