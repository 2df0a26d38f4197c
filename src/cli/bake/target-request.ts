import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { InputError } from "../../errors/input-error.js";
import type { BuildSpec } from "../../gen/slipway/build/v1/build_spec_pb.js";
import type { BakeTarget } from "../../gen/slipway/v1/bake_pb.js";
import { formatCsvLine } from "../../inputs/parse-attributes.js";
import { type BuildRequest, readBuildRequest } from "../build/build-spec.js";
import { parseCall } from "../build/call.js";
import type { BakeFlags } from "./bake-flags.js";

/** Adds to a planned target what only this machine has: files, secrets and agents. Throws an InputError. */
export async function targetRequest(target: BakeTarget, flags: BakeFlags): Promise<BuildRequest> {
  const { local, spec } = target;
  if (!local || !spec) throw new Error(`The plan of ${target.name} has no specification.`);
  const url = spec.context?.source.case === "url" ? spec.context.source.value : undefined;
  const name = spec.dockerfile?.source.case === "name" ? spec.dockerfile.source.value : undefined;
  const inline = spec.dockerfile?.source.case === "content" ? spec.dockerfile.source.value : undefined;
  const content = inline ?? (url && local.dockerfile ? await readDockerfile(local.dockerfile) : undefined);
  const request = await readBuildRequest(
    url ?? local.context,
    {
      builder: flags.builder,
      project: flags.project,
      file: url ? name : dockerfilePath(local),
      buildArg: Object.entries(spec.buildArgs).map(([key, value]) => `${key}=${value}`),
      buildContext: Object.entries(local.namedContexts).map(([key, value]) => `${key}=${value}`),
      secret: local.secrets.map(({ id, file, variable }) =>
        formatCsvLine([
          `id=${id}`,
          ...(file ? [`src=${file}`] : []),
          ...(variable ? [`env=${variable}`] : []),
        ]),
      ),
      ssh: local.ssh.map(({ id, paths }) => (paths.length > 0 ? `${id}=${paths.join(",")}` : id)),
      output: spec.outputs.map(({ type, attributes }, index) => {
        const dest = local.destinations[index];
        return attributeText(type, { ...attributes, ...(dest ? { dest } : {}) });
      }),
      cacheFrom: spec.cacheFrom.map(({ type, attributes }) => attributeText(type, attributes)),
      cacheTo: spec.cacheTo.map(({ type, attributes }) => attributeText(type, attributes)),
      allow: flags.allow?.filter((entitlement) => entitlement === "buildx.local.delete"),
      policy: policyFlags(spec, flags.policy),
      metadataFile: flags.metadataFile,
    },
    process.env,
    content,
  );
  const {
    context: _context,
    dockerfile: _dockerfile,
    namedContexts,
    $typeName: _type,
    $unknown: _unknown,
    ...planned
  } = spec;
  const {
    attestations,
    buildArgs,
    labels,
    frontendAttributes,
    cacheFrom,
    cacheTo,
    policy,
    builder,
    project,
    returnProvenance,
  } = request.spec;
  const call = spec.call
    ? { json: false, ignoreStatus: false, ...parseCall(flags), name: spec.call }
    : undefined;
  return {
    ...request,
    call,
    planned: namedContexts,
    spec: {
      ...planned,
      builder,
      project,
      buildArgs,
      labels: { ...labels, ...planned.labels },
      frontendAttributes: { ...frontendAttributes, ...planned.frontendAttributes },
      cacheFrom,
      cacheTo,
      policy,
      returnProvenance,
      attestations: { ...attestations, ...spec.attestations },
      displayName: spec.tags[0] ? "" : target.name,
    },
  };
}

/** The policies of a target, and those of the command line; "disabled=true" there switches all of them off. */
function policyFlags({ policy: own }: BuildSpec, given: readonly string[] = []): string[] {
  if (given.includes("disabled=true")) return [...given];
  const files = own?.policies.map((policy) =>
    formatCsvLine(policy.files.map(({ name }) => `filename=${name}`)),
  );
  return [...(own?.disabled ? ["reset=true"] : []), ...(files ?? []), ...given];
}

/** The Dockerfile of this machine for a context at a URL. */
async function readDockerfile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new InputError({
      reason: "DOCKERFILE_NOT_FOUND",
      field: "dockerfile",
      message: `failed to read dockerfile: ${(cause as Error).message}`,
      remedy: `Name a file that is there: "cwd://" is the working directory.`,
    });
  }
}

/** As in buildx the Dockerfile is in the folder of the context. */
function dockerfilePath({ context, dockerfile }: NonNullable<BakeTarget["local"]>): string | undefined {
  if (dockerfile === "" || dockerfile === "Dockerfile") return undefined;
  return isAbsolute(dockerfile) || /^https?:\/\//.test(dockerfile) ? dockerfile : join(context, dockerfile);
}

function attributeText(type: string, attributes: Readonly<Record<string, string>>): string {
  return formatCsvLine([
    `type=${type}`,
    ...Object.entries(attributes).map(([key, value]) => `${key}=${value}`),
  ]);
}
