import { isAbsolute, join, relative } from "node:path/posix";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { InputError } from "../errors/input-error.js";
import type { BuildSpecSchema } from "../gen/slipway/build/v1/build_spec_pb.js";
import { type BakeTarget, BakeTargetSchema } from "../gen/slipway/v1/bake_pb.js";
import { parseAnnotations } from "../inputs/annotations.js";
import { readByteSize } from "../inputs/byte-size.js";
import { parseContextUrl } from "../inputs/context-url.js";
import { parseExtraHosts } from "../inputs/extra-hosts.js";
import { formatCsvLine } from "../inputs/parse-attributes.js";
import { parseResources } from "../inputs/resources.js";
import { readUlimit } from "../inputs/ulimit.js";
import { BakeError } from "./bake-error.js";
import type { Entry } from "./entries.js";
import type { ResolvedTarget } from "./resolve-targets.js";

type Init<T> = Exclude<T, { $typeName: string }>;
type Spec = Init<MessageInitShape<typeof BuildSpecSchema>>;
type Target = Init<MessageInitShape<typeof BakeTargetSchema>>;
type Local = Init<NonNullable<Target["local"]>>;
type Contexts = NonNullable<Spec["namedContexts"]>;

/** Converts a resolved target to a specification, and lists what only the client has. Throws a {@link BakeError}. */
export function targetSpec(name: string, target: ResolvedTarget): BakeTarget {
  try {
    const contexts = namedContexts(target.contexts ?? {});
    const files = filesOf(target);
    const spec: Spec = {
      ...files.spec,
      namedContexts: contexts.spec,
      target: target.target,
      buildArgs: { ...target.args },
      labels: { ...target.labels },
      tags: [...(target.tags ?? [])],
      platforms: [...(target.platforms ?? [])],
      noCache: target["no-cache"],
      noCacheStages: [...(target["no-cache-filter"] ?? [])],
      pull: target.pull,
      extraHosts: parseExtraHosts("extra-hosts", hostLines(target["extra-hosts"] ?? {})),
      network: target.network,
      shmSizeBytes: BigInt(shmSize(target["shm-size"])),
      ulimits: (target.ulimits ?? []).map(readUlimit),
      outputs: (target.output ?? []).map(({ type, attributes }) => ({ type, attributes: { ...attributes } })),
      cacheFrom: (target["cache-from"] ?? []).map(cacheOf),
      cacheTo: (target["cache-to"] ?? []).map(cacheOf),
      entitlements: [...(target.entitlements ?? [])],
      attestations: Object.fromEntries(
        (target.attest ?? []).map((entry) => [entry.type, parametersOf(entry)]),
      ),
      annotations: parseAnnotations("annotations", target.annotations),
      call: target.call === "build" ? "" : target.call,
      frontendAttributes: {
        ...parseResources(
          "resources",
          Object.entries(target.resources ?? {}).map(([key, value]) => `${key}=${value}`),
        ),
        ...(target.archiveFolder ? { contextsubdir: target.archiveFolder } : {}),
      },
      policy: policiesOf(target),
    };
    const destinations = (target.output ?? []).flatMap(({ destination }, index) =>
      destination ? [[index, destination] as const] : [],
    );
    const local: Local = {
      ...files.local,
      namedContexts: contexts.local,
      secrets: (target.secret ?? []).map(({ id, src, env }) => ({ id, file: src, variable: env })),
      ssh: (target.ssh ?? []).map(({ id, paths }) => ({ id, paths: [...paths] })),
      destinations: Object.fromEntries(destinations),
    };
    const { description, isLinked } = target;
    return create(BakeTargetSchema, {
      name,
      description,
      spec,
      dependencies: contexts.targets,
      isLinked,
      local,
    });
  } catch (cause) {
    if (cause instanceof BakeError || !(cause instanceof Error)) throw cause;
    const field = cause instanceof InputError ? `, attribute ${JSON.stringify(cause.field)}` : "";
    throw new BakeError(`target ${JSON.stringify(name)}${field}: ${cause.message}`, { cause });
  }
}

/** Context and Dockerfile. As in buildx the Dockerfile is in the folder of the context, unless it begins with "cwd://". */
function filesOf(target: ResolvedTarget): { spec: Spec; local: Local } {
  const context = target.context.replace(/^cwd:\/\//, "");
  if (context === "-") throw new BakeError("context from stdin not allowed in bake");
  if (target.dockerfile === "-") throw new BakeError("dockerfile from stdin not allowed in bake");
  const inline = target["dockerfile-inline"];
  const content = inline === undefined ? undefined : Buffer.from(inline);
  const [, ownDockerfile] = /^cwd:\/\/(.*)$/s.exec(target.dockerfile) ?? [];
  if (isUrl(context)) {
    const spec: Spec = { context: { source: { case: "url", value: context } } };
    if (content)
      return { spec: { ...spec, dockerfile: { source: { case: "content", value: content } } }, local: {} };
    if (ownDockerfile !== undefined) return { spec, local: { dockerfile: join(ownDockerfile) } };
    // The frontend looks for it in the whole archive.
    const name = target.archiveFolder ? join(target.archiveFolder, target.dockerfile) : target.dockerfile;
    return { spec: { ...spec, dockerfile: { source: { case: "name", value: name } } }, local: {} };
  }
  const folder = contextPath(target);
  const isBeside = ownDockerfile === undefined || isAbsolute(ownDockerfile) || isAbsolute(folder);
  const dockerfile = isBeside ? (ownDockerfile ?? target.dockerfile) : relative(folder, ownDockerfile);
  return {
    spec: content ? { dockerfile: { source: { case: "content", value: content } } } : {},
    local: { context: folder, dockerfile: content ? "" : dockerfile },
  };
}

function namedContexts(contexts: Readonly<Record<string, string>>) {
  const spec: Contexts = {};
  const local: Record<string, string> = {};
  const targets: string[] = [];
  for (const [name, source] of Object.entries(contexts)) {
    const [, image] = /^docker-image:(?:\/\/)?(.*)$/s.exec(source) ?? [];
    if (source.startsWith("target:")) {
      const target = source.slice("target:".length);
      targets.push(target);
      spec[name] = { source: { case: "target", value: target } };
    } else if (image !== undefined) spec[name] = { source: { case: "image", value: image } };
    else if (isUrl(source)) spec[name] = { source: { case: "url", value: source } };
    else local[name] = source.replace(/^cwd:\/\//, "");
  }
  return { spec, local, targets: [...new Set(targets)].sort() };
}

/** The context as it is shown and used: a folder in its shortest form, or a URL. */
export function contextPath({ context }: ResolvedTarget): string {
  if (isUrl(context)) return context;
  const folder = join(context.replace(/^cwd:\/\//, "") || ".");
  return folder.length > 1 ? folder.replace(/\/$/, "") : folder;
}

/** Whether a context is at a git or http URL. */
export function isUrl(source: string): boolean {
  if (/^(oci-layout|docker-daemon|cwd):/.test(source)) return false;
  return parseContextUrl(source) !== undefined;
}

function hostLines(hosts: Readonly<Record<string, string>>): string[] {
  return Object.entries(hosts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, addresses]) => addresses.split(",").map((address) => `${name}=${address}`));
}

function shmSize(text = "0"): number {
  const bytes = readByteSize(text);
  if (bytes === undefined) throw new BakeError(`invalid value ${text} for membytes key shm-size`);
  return bytes;
}

function cacheOf({ type, attributes }: Entry) {
  return { type, attributes: { ...attributes } };
}

function parametersOf({ attributes, disabled }: Entry): string {
  if (disabled) return "disabled=true";
  return formatCsvLine(
    Object.entries(attributes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`),
  );
}

/** The policies without the content of their files. "reset" drops those before it, and the file beside the Dockerfile. */
function policiesOf({ policy: given = [] }: ResolvedTarget): NonNullable<Spec["policy"]> {
  const since = given.findLastIndex(({ Disabled, Reset }) => Disabled || Reset);
  return {
    disabled: since >= 0,
    policies: given.slice(Math.max(since, 0)).flatMap(({ Files }) => {
      const files = (Files ?? []).map(({ Filename: name }) => ({ name }));
      return files.length > 0 ? [{ files }] : [];
    }),
  };
}
