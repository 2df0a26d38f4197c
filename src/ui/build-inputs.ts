import type { BuildSpec } from "../gen/slipway/build/v1/build_spec_pb.js";
import type { Context } from "../gen/slipway/build/v1/context_pb.js";
import type { Output } from "../gen/slipway/build/v1/output_pb.js";
import type { HistoryRecord } from "../gen/slipway/v1/history_pb.js";

/** What a build was asked for: the values of each input that has any, for people. */
export type Inputs = ReadonlyMap<string, readonly string[]>;

/** The input that names the stages that are built without the cache. */
export const withoutCache = "Without cache";
/** The value of {@link withoutCache} for all stages. */
export const allStages = "all stages";

/** What a build of the host was asked for. */
export function inputsOf(spec: BuildSpec): Inputs {
  const { dockerfile } = spec;
  return present([
    ["Context", spec.context ? [contextText(spec.context)] : []],
    [
      "Dockerfile",
      dockerfile
        ? [dockerfile.source.case === "content" ? "given with the request" : (dockerfile.source.value ?? "")]
        : [],
    ],
    ["Target", [spec.target]],
    ["Platforms", spec.platforms],
    ["Tags", spec.tags],
    [
      "Named contexts",
      Object.entries(spec.namedContexts).map(([name, context]) => `${name}: ${contextText(context)}`),
    ],
    ["Build arguments", pairsOf(spec.buildArgs)],
    ["Labels", pairsOf(spec.labels)],
    ["Outputs", spec.outputs.map(outputText)],
    ["Cache from", spec.cacheFrom.map(({ type, attributes }) => withAttributes(type, attributes))],
    ["Cache to", spec.cacheTo.map(({ type, attributes }) => withAttributes(type, attributes))],
    ["Attestations", pairsOf(spec.attestations)],
    ["Secrets", spec.secrets.map(({ id }) => id)],
    ["Entitlements", spec.entitlements],
    [withoutCache, spec.noCache ? [allStages] : spec.noCacheStages],
    ["Call", [spec.call]],
    ["Attributes of the frontend", pairsOf(spec.frontendAttributes)],
  ]);
}

/** Inputs by the attribute of the Dockerfile frontend that sets them. */
const attributes: Record<string, string> = {
  context: "Context",
  filename: "Dockerfile",
  target: "Target",
  platform: "Platforms",
};
const prefixes: Record<string, string> = {
  "build-arg": "Build arguments",
  label: "Labels",
  context: "Named contexts",
  attest: "Attestations",
};

/** What a build in BuildKit's history was asked for. */
export function inputsOfRecord({ frontend, frontendAttributes, exporters }: HistoryRecord): Inputs {
  const inputs = new Map<string, string[]>([["Frontend", [frontend]]]);
  const add = (name: string, ...values: string[]) =>
    inputs.set(name, [...(inputs.get(name) ?? []), ...values]);
  for (const [name, value] of Object.entries(frontendAttributes)) {
    const [, prefix = "", rest = ""] = /^([^:]+):(.*)$/s.exec(name) ?? [];
    if (name === "platform") add("Platforms", ...value.split(","));
    else if (name === "no-cache") add(withoutCache, ...(value ? value.split(",") : [allStages]));
    else if (attributes[name]) add(attributes[name], value);
    else if (prefixes[prefix]) add(prefixes[prefix], `${rest}=${value}`);
    else add("Attributes of the frontend", `${name}=${value}`);
  }
  add("Outputs", ...exporters.map(({ type, attributes }) => withAttributes(type, attributes)));
  return present([...inputs]);
}

/** A type with its attributes, for people. */
export function withAttributes(type: string, attributes: Record<string, string>): string {
  return [type, ...pairsOf(attributes)].join(" ");
}

/** "NAME=VALUE" of each. */
export function pairsOf(values: Record<string, string>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`);
}

function present(inputs: readonly (readonly [name: string, values: readonly string[]])[]): Inputs {
  return new Map(
    inputs
      .map(([name, values]) => [name, values.filter(Boolean)] as const)
      .filter(([, values]) => values.length > 0),
  );
}

function contextText({ source }: Context): string {
  if (source.case === "empty" || source.case === undefined) return "empty";
  if (source.case === "storedImage") return `image ${source.value.name}`;
  return source.case === "upload" ? `upload ${source.value}` : source.value;
}

function outputText({ type, attributes, destination }: Output): string {
  const to =
    destination.case === "path"
      ? ` to ${destination.value}`
      : destination.case === "stream"
        ? " to the client"
        : "";
  return withAttributes(type, attributes) + to;
}
