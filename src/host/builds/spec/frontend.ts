import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Context } from "../../../gen/slipway/build/v1/context_pb.js";
import { normalizePlatforms } from "../../../inputs/platform.js";
import type { Cache } from "./caches.js";
import { onOneLine } from "./shown-texts.js";

/** The attribute with the subrequest that a frontend answers instead of building. */
export const requestKey = "requestid";

/** The attribute with what a frontend must be able to do, separated by commas. */
export const capabilitiesKey = "frontend.caps";

/** The ability to use named contexts. */
export const contextsCapability = "moby.buildkit.frontend.contexts+forward";

/** The frontend that translates a Dockerfile into build steps, and its attributes. */
export interface Frontend {
  readonly name: "dockerfile.v0" | "gateway.v0";
  readonly attributes: Readonly<Record<string, string>>;
}

/** What the frontend's attributes depend on, beside the specification. */
export interface FrontendInput {
  /** The node's default attributes. */
  defaults: Record<string, string>;
  /** Attributes of a context that BuildKit fetches; none for a folder that the session serves. */
  remoteContext: Record<string, string>;
  /** Name of the Dockerfile within its folder. */
  dockerfileName: string;
  /** The Dockerfile is served by the session although the context is not. */
  dockerfileIsLocal: boolean;
  /** References of named contexts: "local:<name>", "docker-image://…", a URL. */
  namedContexts: Record<string, string>;
  /** The address of "host-gateway"; undefined when the node has none. */
  hostGateway?: string;
  /** Parameters of attestations, by type. */
  attestations: Record<string, string>;
  /** Caches to import. */
  cacheImports: readonly Cache[];
}

/** Translates a specification into a frontend and attributes of BuildKit's Dockerfile frontend. */
export function frontendOf(spec: BuildSpec, input: FrontendInput): Frontend {
  const attributes: Record<string, string> = {
    ...input.defaults,
    filename: input.dockerfileName,
    ...input.remoteContext,
  };
  if (attributes.context && input.dockerfileIsLocal) {
    attributes.dockerfilekey = "dockerfile";
    attributes.filename = input.dockerfileName;
  }
  if (spec.target) attributes.target = spec.target;
  if (spec.platforms.length > 0) attributes.platform = platformsOf(spec).join(",");
  if (spec.noCache) attributes["no-cache"] = "";
  else if (spec.noCacheStages.length > 0) attributes["no-cache"] = spec.noCacheStages.join(",");
  if (spec.pull) attributes["image-resolve-mode"] = "pull";
  if (spec.network && spec.network !== "default") attributes["force-network-mode"] = spec.network;
  if (spec.shmSizeBytes > 0n) attributes["shm-size"] = String(spec.shmSizeBytes);
  if (spec.cgroupParent) attributes["cgroup-parent"] = spec.cgroupParent;
  if (spec.ulimits.length > 0) {
    // As in buildx: the last limit of a name wins, and their order does not change the cache's keys.
    const limits = new Map(spec.ulimits.map(({ name, soft, hard = soft }) => [name, `${soft}:${hard}`]));
    attributes.ulimit = [...limits]
      .map(([name, limit]) => `${name}=${limit}`)
      .sort()
      .join(",");
  }
  const hosts = spec.extraHosts.map(
    ({ name, address }) => `${name}=${address === "host-gateway" ? input.hostGateway : address}`,
  );
  if (hosts.length > 0) attributes["add-hosts"] = hosts.join(",");
  for (const [name, value] of Object.entries(spec.buildArgs)) attributes[`build-arg:${name}`] = value;
  for (const [name, value] of Object.entries(spec.labels)) attributes[`label:${name}`] = value;
  for (const [type, value] of Object.entries(input.attestations)) attributes[`attest:${type}`] = value;
  for (const [name, value] of Object.entries(input.namedContexts)) attributes[`context:${name}`] = value;
  if (Object.keys(input.namedContexts).length > 0) {
    attributes[capabilitiesKey] = contextsCapability;
  }
  if (input.cacheImports.length > 0) {
    const entries = input.cacheImports.map(({ type, attributes: attrs }) => ({ Type: type, Attrs: attrs }));
    attributes["cache-imports"] = JSON.stringify(entries);
  }
  const request = callOf(spec);
  if (request) {
    attributes[requestKey] = request;
    attributes[capabilitiesKey] = [attributes[capabilitiesKey], "moby.buildkit.frontend.subrequests+forward"]
      .filter(Boolean)
      .join(",");
  }
  Object.assign(attributes, spec.frontendAttributes);

  const syntax = spec.buildArgs.BUILDKIT_SYNTAX?.trim();
  // The Dockerfile frontend would look for a frontend without a name.
  if (!syntax) delete attributes["build-arg:BUILDKIT_SYNTAX"];
  if (!syntax) return { name: "dockerfile.v0", attributes };
  return {
    name: "gateway.v0",
    attributes: { ...attributes, source: syntax.split(/\s+/)[0]!, cmdline: syntax },
  };
}

/** The frontend with further named contexts, by name. */
export function withNamedContexts(
  { name, attributes }: Frontend,
  references: Readonly<Record<string, string>>,
): Frontend {
  const contexts = Object.entries(references).map(([context, reference]) => [
    `context:${context}`,
    reference,
  ]);
  return { name, attributes: { ...attributes, ...Object.fromEntries(contexts) } };
}

/** The platforms of a specification in normal form, each once. */
export function platformsOf(spec: BuildSpec): string[] {
  return [...new Set(normalizePlatforms(spec.platforms))];
}

/** The subrequest that answers a call; undefined for a build. */
export function callOf(spec: BuildSpec): string | undefined {
  const calls: Record<string, string> = {
    check: "lint",
    lint: "lint",
    outline: "outline",
    targets: "targets",
  };
  const name = calls[spec.call];
  return name && `frontend.${name}`;
}

/** The display name of a build; by default its first tag, else the last segment of the context's path or URL. */
export function displayNameOf(spec: BuildSpec): string {
  return spec.displayName || spec.tags[0] || contextName(spec.context);
}

function contextName(context: Context | undefined): string {
  const source = context?.source;
  if (source?.case !== "path" && source?.case !== "url") return source?.case ?? "";
  let end = source.value.length;
  while (source.value[end - 1] === "/") end--;
  const start = source.value.lastIndexOf("/", end - 1) + 1;
  return onOneLine(source.value.slice(start, end) || source.value);
}
