import { clone } from "@bufbuild/protobuf";
import { type BuildSpec, BuildSpecSchema, type Context } from "../../../gen/slipway/v1/build_spec_pb.js";
import { readIgnoreFile } from "../../../inputs/files/ignore-file.js";
import { readFile } from "../../../inputs/files/read-file.js";
import type { FileSource } from "../../../inputs/files/source.js";
import type { Inputs } from "../inputs/inputs.js";
import type { Export } from "../spec/exports.js";

/** Files that are sent to a plugin, under the id of an upload. */
export interface NativeUpload {
  id: string;
  files: FileSource;
  /** Patterns of the ignore file. */
  exclude: string[];
}

/** A specification as a plugin gets it, and its files. */
export interface NativeSpec {
  readonly spec: BuildSpec;
  readonly uploads: readonly NativeUpload[];
}

/** Replaces what only the host can use by what a plugin can use; see BuildStart.spec. */
export async function nativeSpec(
  given: BuildSpec,
  inputs: Inputs,
  exports: readonly Export[],
): Promise<NativeSpec> {
  const spec = clone(BuildSpecSchema, given);
  Object.assign(spec, { builder: "", environment: {}, displayName: "", returnProvenance: false });
  spec.registryAuth = undefined;
  const { locals, dockerfileName } = inputs;
  const uploads: NativeUpload[] = [];
  const upload = (context: Context, id: string, exclude: string[]) => {
    uploads.push({ id, files: locals[id]!, exclude });
    context.source = { case: "upload", value: id };
  };

  const dockerfile = { files: locals.dockerfile!, name: dockerfileName };
  const content = await readFile(dockerfile.files, dockerfileName);
  spec.dockerfile = {
    $typeName: "slipway.v1.Dockerfile",
    source: { case: "content", value: content ?? new Uint8Array() },
  };
  spec.context ??= { $typeName: "slipway.v1.Context", source: { case: undefined } };
  upload(spec.context, "context", await readIgnoreFile(locals.context!, dockerfile));
  for (const [name, context] of Object.entries(spec.namedContexts)) {
    const [, local] = /^local:(.*)$/.exec(inputs.namedContexts[name]!) ?? [];
    if (local) upload(context, local, await readIgnoreFile(locals[local]!));
  }
  spec.outputs = exports.map(({ type, attributes }) => ({
    $typeName: "slipway.v1.Output",
    type,
    attributes: { ...attributes },
    destination: { case: undefined },
  }));
  return { spec, uploads };
}

/** The specification without secret values. */
export function withoutSecrets(spec: BuildSpec): BuildSpec {
  const secrets = spec.secrets.map((secret) => ({ ...secret, value: new Uint8Array() }));
  return { ...spec, secrets };
}
