import { posix } from "node:path";
import { readByteSize } from "../../inputs/byte-size.js";
import { InterpolationError, interpolate } from "../../inputs/interpolate.js";
import { readUlimit } from "../../inputs/ulimit.js";
import { readGoBool } from "../../util/go-values.js";
import { BakeError } from "../bake-error.js";
import { type Definition, requireName, sanitizeName, type Warning } from "../definition.js";
import {
  type Entry,
  parseAttestation,
  parseCaches,
  parseOutput,
  parseSecret,
  parseSsh,
  type SecretEntry,
  type SshEntry,
} from "../entries.js";
import type { BakeFile } from "../hcl/parse-file.js";
import { distinct, mergeTargets, type Target } from "../target.js";
import { mergeCompose, plain } from "./merge-compose.js";
import { isMapping, parseYaml, Tagged } from "./parse-yaml.js";

type Yaml = Record<string, unknown>;

/** What Compose files define. */
export interface ReadCompose {
  readonly definition: Definition;
  /** What is ignored, and variables without a value. */
  readonly warnings: readonly Warning[];
}

/** Attributes of `build` that become attributes of a target. */
const usedKeys = [
  "context",
  "dockerfile",
  "dockerfile_inline",
  "args",
  "ssh",
  "labels",
  "cache_from",
  "cache_to",
  "no_cache",
  "additional_contexts",
  "network",
  "provenance",
  "sbom",
  "pull",
  "target",
  "shm_size",
  "extra_hosts",
  "secrets",
  "tags",
  "ulimits",
  "platforms",
];
/** Attributes of Compose that bake ignores. */
const ignoredKeys = ["entitlements", "isolation", "privileged", "no_cache_filter"];

/** Whether a file is a Compose file, by the ending of its name; one without a known ending by its content. */
export function isComposeFile(file: BakeFile): boolean {
  const name = file.name.toLowerCase();
  if (/\.ya?ml$/.test(name)) return true;
  if (/\.(json|hcl)$/.test(name)) return false;
  try {
    return parseYaml(file).some(({ services }) => isMapping(services));
  } catch {
    return false;
  }
}

/**
 * Reads Compose files, later ones into former ones: each service with a `build` is a target, and all are the group
 * "default". Throws a {@link BakeError}.
 * @param lookUp the value of a variable
 */
export function readCompose(
  files: readonly BakeFile[],
  lookUp: (name: string) => string | undefined,
): ReadCompose {
  const ignored = new Set<string>();
  const unset = new Set<string>();
  const known = new Map<string, Yaml[]>();
  for (const file of files) known.set(file.name, parseYaml(file));
  let model: unknown = {};
  for (const [name, documents] of known) {
    for (const document of documents) {
      const values = interpolated(document, lookUp, unset) as Yaml;
      if (values.include !== undefined)
        throw new BakeError(`${name}: include is not supported; name the files with it`);
      const { services, secrets } = values;
      if (services !== undefined && !isMapping(services)) throw new BakeError("services must be a mapping");
      model = mergeCompose(model, { services: extended(services, known, lookUp, unset), secrets });
    }
  }
  const given = plain(model) as { services?: Yaml; secrets?: Yaml | null };
  const services = given.services ?? {};
  const secrets = given.secrets ?? {};
  if (Object.keys(services).length === 0 && Object.keys(secrets).length === 0)
    throw new BakeError("empty compose file");
  const targets = new Map<string, Target>();
  for (const [service, value] of Object.entries(services).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!/^[a-zA-Z0-9._-]+$/.test(service))
      throw new BakeError(`services additional properties '${service}' not allowed`);
    const { build, image, environment } = mapping(value ?? {}, `services.${service}`);
    if (build === undefined || build === null) {
      if (image !== undefined) continue;
      throw new BakeError(
        `service ${JSON.stringify(service)} has neither an image nor a build context specified: invalid compose project`,
      );
    }
    const name = sanitizeName(service);
    requireName(name);
    const reader = new BuildReader(service, mapping(build, `services.${service}.build`), ignored);
    targets.set(name, reader.target({ image, secrets, environment, lookUp }));
  }
  return {
    definition: { targets, groups: [{ name: "default", targets: [...targets.keys()] }] },
    warnings: [
      ...[...unset].map((name) => unsetWarning(name)),
      ...[...ignored].map((path) => ignoredWarning(path)),
    ],
  };
}

function unsetWarning(name: string): Warning {
  const message = `The variable ${JSON.stringify(name)} is not set. Its value is an empty text.`;
  return { reason: "BAKE_VARIABLE_UNSET", message };
}

function ignoredWarning(path: string): Warning {
  return { reason: "BAKE_ATTRIBUTE_UNKNOWN", message: `${path} is ignored, as in buildx.` };
}

/** Services with what they extend. */
function extended(
  services: unknown,
  files: ReadonlyMap<string, Yaml[]>,
  lookUp: (name: string) => string | undefined,
  unset: Set<string>,
): unknown {
  if (!isMapping(services)) return services;
  const resolve = (name: string, among: Yaml, path: readonly string[]): unknown => {
    const service = among[name];
    if (!isMapping(service) || service.extends === undefined) return service;
    const { extends: base, ...own } = service;
    const named = isMapping(base) ? base : { service: base };
    const target = String(named.service);
    const file = named.file === undefined ? undefined : posix.normalize(String(named.file));
    const key = `${file ?? ""} ${target}`;
    if (path.includes(key))
      throw new BakeError(`circular reference with extends in service ${JSON.stringify(name)}`);
    const others = file === undefined ? among : servicesOf(file, files, lookUp, unset);
    if (others[target] === undefined)
      throw new BakeError(
        `cannot extend service ${JSON.stringify(name)}: service ${JSON.stringify(target)} not found`,
      );
    const merged = mergeCompose(
      { services: { [name]: resolve(target, others, [...path, key]) } },
      { services: { [name]: own } },
    );
    return (merged as { services: Yaml }).services[name];
  };
  return Object.fromEntries(Object.keys(services).map((name) => [name, resolve(name, services, [])]));
}

function servicesOf(
  file: string,
  files: ReadonlyMap<string, Yaml[]>,
  lookUp: (name: string) => string | undefined,
  unset: Set<string>,
): Yaml {
  const found = [...files].find(([name]) => posix.normalize(name) === file);
  if (!found) throw new BakeError(`extends: the file ${file} is not among the definition files; name it too`);
  const documents = found[1].map((document) => interpolated(document, lookUp, unset) as Yaml);
  const merged = documents.reduce<unknown>((model, { services }) => mergeCompose(model, { services }), {});
  return ((merged as { services?: Yaml }).services ?? {}) as Yaml;
}

/** Replaces variables in all texts. */
function interpolated(
  value: unknown,
  lookUp: (name: string) => string | undefined,
  unset: Set<string>,
  path = "",
): unknown {
  const inner = (each: unknown, key: string | number) =>
    interpolated(
      each,
      lookUp,
      unset,
      typeof key === "number" ? `${path}[${key}]` : path ? `${path}.${key}` : key,
    );
  if (value instanceof Tagged) return new Tagged(value.tag, inner(value.value, ""));
  if (Array.isArray(value)) return value.map(inner);
  if (isMapping(value))
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inner(each, key)]));
  if (typeof value !== "string") return value;
  const onMissing = (name: string) => void unset.add(name);
  try {
    return interpolate(value, { lookUp, onMissing });
  } catch (cause) {
    if (!(cause instanceof InterpolationError)) throw cause;
    const message = cause.isForm
      ? `invalid interpolation format for ${path}.\nYou may need to escape any $ with another $.\n${value}`
      : `error while interpolating ${path}: ${cause.message}`;
    throw new BakeError(message);
  }
}

/** Makes a target of the `build` of a service. */
class BuildReader {
  readonly #path: string;
  readonly #build: Yaml;
  readonly #service: string;

  constructor(service: string, build: Yaml, ignored: Set<string>) {
    this.#service = service;
    this.#path = `services.${service}.build`;
    this.#build = build;
    for (const key of Object.keys(build)) {
      if (ignoredKeys.includes(key)) ignored.add(`${this.#path}.${key}`);
      else if (!usedKeys.includes(key) && !key.startsWith("x-"))
        throw new BakeError(`${this.#path} additional properties '${key}' not allowed`);
    }
  }

  target({
    image,
    secrets,
    environment,
    lookUp,
  }: {
    image: unknown;
    secrets: Yaml;
    environment: unknown;
    lookUp(name: string): string | undefined;
  }): Target {
    const own = texts(environment ?? {}, `services.${this.#service}.environment`);
    const args = Object.entries(texts(this.#build.args ?? {}, `${this.#path}.args`)).flatMap(
      ([name, value]) => {
        const found = value ?? own[name] ?? lookUp(name);
        return found === undefined ? [] : [[name, found]];
      },
    );
    const labels = Object.entries(texts(this.#build.labels ?? {}, `${this.#path}.labels`));
    const tags = this.#list("tags") ?? [];
    const context = this.#text("context");
    const noCache = this.#bool("no_cache");
    const pull = this.#bool("pull");
    const target = without({
      context: context === undefined ? undefined : localPath(context),
      contexts: this.#contexts(this.#build.additional_contexts),
      dockerfile: this.#text("dockerfile"),
      "dockerfile-inline": this.#text("dockerfile_inline"),
      tags: tags.length > 0 ? tags : image === undefined ? undefined : [String(image)],
      labels:
        labels.length > 0 ? Object.fromEntries(labels.map(([key, value]) => [key, value ?? ""])) : undefined,
      args: args.length > 0 ? Object.fromEntries(args) : undefined,
      "cache-from": caches(this.#list("cache_from")),
      "cache-to": caches(this.#list("cache_to")),
      network: this.#text("network"),
      platforms: this.#list("platforms"),
      ssh: this.#ssh(),
      secret: this.#secrets(secrets),
      "shm-size": this.#shmSize(),
      ulimits: this.#ulimits(),
      "extra-hosts": this.#hosts(),
      attest: this.#attestations(),
      "no-cache": noCache || undefined,
      pull: pull || undefined,
      target: this.#text("target"),
    }) as Target;
    return this.#extended(target);
  }

  /** Adds `x-bake`. */
  #extended(target: Target): Target {
    const extension = this.#build["x-bake"];
    if (extension === undefined || extension === null) return target;
    const bake = mapping(extension, `${this.#path}.x-bake`);
    const list = (key: string) => {
      const value = bake[key];
      if (value === undefined || value === null) return undefined;
      return Array.isArray(value) ? value.map(scalarText) : scalarText(value).split(/\s+/).filter(Boolean);
    };
    const tags = list("tags");
    const platforms = list("platforms");
    const filter = list("no-cache-filter");
    const later = without({
      tags: tags && distinct([...(target.tags ?? []), ...tags]),
      platforms: platforms && distinct([...(target.platforms ?? []), ...platforms]),
      "cache-from": caches(list("cache-from")),
      "cache-to": joined(target["cache-to"], caches(list("cache-to"))),
      secret: list("secret")?.map(parseSecret),
      ssh: list("ssh")?.map(parseSsh),
      output: list("output")?.map(parseOutput),
      "no-cache-filter": filter,
      contexts: bake.contexts === undefined ? undefined : this.#contexts(bake.contexts, (source) => source),
      pull: bake.pull === undefined ? undefined : truth(bake.pull, `${this.#path}.x-bake.pull`),
      "no-cache":
        bake["no-cache"] === undefined ? undefined : truth(bake["no-cache"], `${this.#path}.x-bake.no-cache`),
    }) as Target;
    const merged = mergeTargets(target, later);
    return merged.ssh ? { ...merged, ssh: sortedAgents(merged.ssh) } : merged;
  }

  #contexts(
    value: unknown,
    path: (source: string) => string = localPath,
  ): Record<string, string> | undefined {
    if (value === undefined || value === null) return undefined;
    const sources = Object.entries(texts(value, `${this.#path}.additional_contexts`));
    return Object.fromEntries(
      sources.map(([name, source]) => {
        const [, service] = /^(?:service|target):(.*)$/s.exec(source ?? "") ?? [];
        return [name, service === undefined ? path(source ?? "") : `target:${sanitizeName(service)}`];
      }),
    );
  }

  #ssh(): SshEntry[] | undefined {
    const { ssh } = this.#build;
    if (ssh === undefined || ssh === null) return undefined;
    const keys = Array.isArray(ssh)
      ? ssh.map((item) => {
          if (typeof item !== "string") throw new BakeError("invalid ssh key type");
          return item;
        })
      : Object.entries(mapping(ssh, `${this.#path}.ssh`)).map(([id, path]) => (path ? `${id}=${path}` : id));
    return sortedAgents(
      keys.map((key) => {
        const equals = key.indexOf("=");
        return equals < 0
          ? { id: key, paths: [] }
          : { id: key.slice(0, equals), paths: [localPath(key.slice(equals + 1))] };
      }),
    );
  }

  #secrets(known: Yaml): SecretEntry[] | undefined {
    const { secrets } = this.#build;
    if (secrets === undefined || secrets === null) return undefined;
    if (!Array.isArray(secrets)) throw new BakeError(`${this.#path}.secrets must be a array`);
    return secrets.map((item) => {
      const id = isMapping(item) ? scalarText(item.source ?? "") : scalarText(item);
      if (known[id] === undefined)
        throw new BakeError(
          `service ${JSON.stringify(this.#service)} refers to undefined build secret ${id}: invalid compose project`,
        );
      const { file, environment, external, name } = mapping(known[id] ?? {}, `secrets.${id}`);
      if (external) throw new BakeError(`unsupported external secret ${scalarText(name ?? "")}`);
      return {
        id,
        src: file === undefined ? "" : localPath(scalarText(file)),
        env: environment === undefined ? "" : scalarText(environment),
      };
    });
  }

  #shmSize(): string | undefined {
    const value = this.#build.shm_size;
    if (value === undefined || value === null) return undefined;
    const bytes = readByteSize(scalarText(value));
    if (bytes === undefined)
      throw new BakeError(`${this.#path}.shm_size: invalid size: '${scalarText(value)}'`);
    if (bytes === 0) return undefined;
    const power = Math.min(Math.floor(Math.log2(bytes) / 10), 5);
    const unit = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"][power]!;
    return `${Number((bytes / 1024 ** power).toPrecision(4))}${unit}`;
  }

  #ulimits(): string[] | undefined {
    const { ulimits } = this.#build;
    if (ulimits === undefined || ulimits === null) return undefined;
    return Object.entries(mapping(ulimits, `${this.#path}.ulimits`)).map(([name, value]) => {
      const { soft, hard } = isMapping(value) ? value : { soft: value, hard: value };
      const text = `${name}=${scalarText(soft)}:${scalarText(hard)}`;
      try {
        readUlimit(text);
      } catch (cause) {
        throw new BakeError((cause as Error).message);
      }
      return text;
    });
  }

  #hosts(): Record<string, string> | undefined {
    const hosts = this.#build.extra_hosts;
    if (hosts === undefined || hosts === null) return undefined;
    const entries = Object.entries(mapping(hosts, `${this.#path}.extra_hosts`));
    return Object.fromEntries(
      entries.map(([host, addresses]) => [
        host,
        (Array.isArray(addresses) ? addresses : [addresses]).map(scalarText).join(","),
      ]),
    );
  }

  #attestations(): Entry[] | undefined {
    const entries = (["sbom", "provenance"] as const).flatMap((type) => {
      const value = this.#build[type];
      if (value === undefined || value === null || value === "") return [];
      const isOn = readGoBool(scalarText(value));
      const text = isOn === undefined ? scalarText(value) : `disabled=${!isOn}`;
      return [parseAttestation(`type=${type},${text}`)];
    });
    return entries.length > 0 ? entries : undefined;
  }

  #text(key: string): string | undefined {
    const value = this.#build[key];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "object") throw new BakeError(`${this.#path}.${key} must be a string`);
    return scalarText(value);
  }

  #bool(key: string): boolean | undefined {
    const value = this.#build[key];
    return value === undefined || value === null ? undefined : truth(value, `${this.#path}.${key}`);
  }

  #list(key: string): string[] | undefined {
    const value = this.#build[key];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw new BakeError(`${this.#path}.${key} must be a array`);
    return value.map(scalarText);
  }
}

function mapping(value: unknown, path: string): Yaml {
  if (!isMapping(value)) throw new BakeError(`${path} must be a mapping`);
  return value;
}

/** Texts by key; undefined for null. */
function texts(value: unknown, path: string): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(mapping(value, path)).map(([key, each]) => [
      key,
      each === null || each === undefined ? undefined : scalarText(each),
    ]),
  );
}

function scalarText(value: unknown): string {
  if (typeof value === "object" && value !== null)
    throw new BakeError("a text is required, but have a list or mapping");
  return value === null || value === undefined ? "" : String(value);
}

function truth(value: unknown, path: string): boolean {
  const read = readGoBool(scalarText(value));
  if (read === undefined) throw new BakeError(`${path}: invalid boolean: ${scalarText(value)}`);
  return read;
}

function caches(list: readonly string[] | undefined): Entry[] | undefined {
  return list && parseCaches(list);
}

function joined(first: readonly Entry[] = [], later: readonly Entry[] | undefined): Entry[] | undefined {
  return later && [...first, ...later];
}

function sortedAgents(entries: readonly SshEntry[]): SshEntry[] {
  const key = ({ id, paths }: SshEntry) => [id, ...paths].join("\0");
  return [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** A path without "./"; URLs and the like stay as they are. */
function localPath(text: string): string {
  if (text === "" || /:\/\/|^(?:github\.com\/|git@|service:|target:)/.test(text)) return text;
  const path = posix.normalize(text);
  return path.length > 1 ? path.replace(/\/$/, "") : path;
}

function without(target: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(target).filter(([, value]) => value !== undefined));
}
