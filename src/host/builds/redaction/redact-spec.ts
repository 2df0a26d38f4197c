import { clone } from "@bufbuild/protobuf";
import { type BuildSpec, BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { shownArgs, shownAttributes } from "./attributes.js";
import { redactionOfSpec } from "./secrets.js";

const none = new Uint8Array();

/** The specification without secret values, for records: ids of secrets and keys stay, their values are removed. */
export function redactSpec(spec: BuildSpec): BuildSpec {
  const shown = clone(BuildSpecSchema, { ...spec, secrets: [], ssh: [], cacheFrom: [], cacheTo: [] });
  shown.environment = {};
  shown.registryAuth = undefined;
  shown.secrets = spec.secrets.map((secret) => ({ ...secret, value: none }));
  shown.ssh = spec.ssh.map((forward) => ({ ...forward, keys: [] }));
  shown.cacheFrom = spec.cacheFrom.map((cache) => ({
    ...cache,
    attributes: shownAttributes(cache.attributes, []),
  }));
  shown.cacheTo = spec.cacheTo.map((cache) => ({
    ...cache,
    attributes: shownAttributes(cache.attributes, []),
  }));
  shown.buildArgs = shownArgs(spec.buildArgs, spec.sensitiveParameters);
  shown.frontendAttributes = shownAttributes(spec.frontendAttributes, spec.sensitiveParameters);
  for (const output of shown.outputs) output.attributes = shownAttributes(output.attributes, []);
  // That they were given stays, and not what they say.
  if (shown.dockerfile?.source.case === "content") shown.dockerfile.source.value = none;
  for (const file of shown.policy?.policies.flatMap(({ files }) => files) ?? []) file.content = none;
  return redactionOfSpec(spec).message(BuildSpecSchema, shown);
}
