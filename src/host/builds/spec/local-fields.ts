import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Context } from "../../../gen/slipway/build/v1/context_pb.js";

/** The fields of a specification with paths of the host's machine, which are for local clients only. */
export function localFields(spec: BuildSpec): string[] {
  const fields = pathFields("spec.context", spec.context);
  for (const [name, context] of Object.entries(spec.namedContexts)) {
    fields.push(...pathFields(`spec.named_contexts[${name}]`, context));
  }
  if (spec.dockerfile?.source.case === "path") fields.push("spec.dockerfile.path");
  for (const [index, { agentSocket }] of spec.ssh.entries()) {
    if (agentSocket) fields.push(`spec.ssh[${index}].agent_socket`);
  }
  for (const [index, { destination }] of spec.outputs.entries()) {
    if (destination.case === "path") fields.push(`spec.outputs[${index}].path`);
  }
  for (const [index, { type }] of spec.cacheFrom.entries()) {
    if (type === "local") fields.push(`spec.cache_from[${index}]`);
  }
  for (const [index, { type }] of spec.cacheTo.entries()) {
    if (type === "local") fields.push(`spec.cache_to[${index}]`);
  }
  if (spec.registryAuth?.dockerConfigDir) fields.push("spec.registry_auth.docker_config_dir");
  return fields;
}

function pathFields(field: string, context: Context | undefined): string[] {
  if (context?.source.case === "path") return [`${field}.path`];
  if (context?.source.case === "ociLayout") return [`${field}.oci_layout`];
  return [];
}
