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
  for (const context of [shown.context, ...Object.values(shown.namedContexts)]) {
    if (context?.source.case === "url") context.source.value = withoutPassword(context.source.value);
  }
  if (shown.dockerfile?.source.case === "content") shown.dockerfile = undefined;
  return shown;
}
