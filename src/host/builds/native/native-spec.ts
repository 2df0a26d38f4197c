import { create } from "@bufbuild/protobuf";
import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { type Context, ContextSchema, DockerfileSchema } from "../../../gen/slipway/build/v1/context_pb.js";
import { OutputSchema } from "../../../gen/slipway/build/v1/output_pb.js";
import { readIgnoreFile } from "../../../inputs/files/ignore-file.js";
import { FileTooLarge, readFile } from "../../../inputs/files/read-file.js";
import type { FileSource } from "../../../inputs/files/source.js";
import type { Inputs } from "../inputs/inputs.js";
import { inputError } from "../inputs/unreadable.js";
import { maxDockerfileBytes } from "../logins/read-dockerfile.js";
import type { Export } from "../spec/exports.js";

/** Files that are sent to a plugin, under the id of an upload. */
export interface NativeUpload {
  readonly id: string;
  readonly files: FileSource;
  /** Patterns of the ignore file. */
  readonly exclude: string[];
}

/** A specification as a plugin gets it, and its files. */
export interface NativeSpec {
  readonly spec: BuildSpec;
  readonly uploads: readonly NativeUpload[];
}

/** Replaces what only the host can use by what a plugin can use; see BuildStart.spec. */
export async function nativeSpec(
  spec: BuildSpec,
  { locals, dockerfileName, namedContexts: references }: Inputs,
  exports: readonly Export[],
): Promise<NativeSpec> {
  const dockerfile = { files: locals.dockerfile!, name: dockerfileName };
  const content = await readFile(dockerfile.files, dockerfileName, maxDockerfileBytes).catch(refuseTooLarge);
  const value = content ?? new Uint8Array();
  const main = locals.context!;
  const uploads: NativeUpload[] = [
    { id: "context", files: main, exclude: await readIgnoreFile(main, dockerfile) },
  ];
  const namedContexts: Record<string, Context> = {};
  for (const [name, context] of Object.entries(spec.namedContexts)) {
    const [, id] = /^local:(.*)$/.exec(references[name]!) ?? [];
    if (id) {
      const files = locals[id]!;
      uploads.push({ id, files, exclude: await readIgnoreFile(files) });
    }
    namedContexts[name] = id ? uploaded(id) : context;
  }
  return {
    uploads,
    spec: {
      ...spec,
      builder: "",
      environment: {},
      displayName: "",
      returnProvenance: false,
      registryAuth: undefined,
      project: "",
      priority: 0,
      queueTimeout: undefined,
      runTimeout: undefined,
      context: uploaded("context"),
      namedContexts,
      dockerfile: create(DockerfileSchema, { source: { case: "content", value } }),
      outputs: exports.map(({ type, attributes }) =>
        create(OutputSchema, { type, attributes: { ...attributes } }),
      ),
    },
  };
}

function refuseTooLarge(cause: unknown): never {
  if (!(cause instanceof FileTooLarge)) throw cause;
  throw inputError(
    "spec.dockerfile",
    "DOCKERFILE_UNREADABLE",
    `The Dockerfile is too large: ${cause.message}`,
  );
}

/** The specification without secret values. */
export function withoutSecrets(spec: BuildSpec): BuildSpec {
  const secrets = spec.secrets.map((secret) => ({ ...secret, value: new Uint8Array() }));
  return { ...spec, secrets };
}

function uploaded(id: string): Context {
  return create(ContextSchema, { source: { case: "upload", value: id } });
}
