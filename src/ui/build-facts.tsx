import type { ComponentChildren } from "preact";
import type { BuildResult } from "../gen/slipway/build/v1/build_result_pb.js";
import type { BuildSpec } from "../gen/slipway/build/v1/build_spec_pb.js";
import type { Context } from "../gen/slipway/build/v1/context_pb.js";
import type { Output } from "../gen/slipway/build/v1/output_pb.js";

type Fact = readonly [name: string, value: ComponentChildren];

/** What a build was asked for. */
export function inputsOf(spec: BuildSpec): Fact[] {
  const { dockerfile } = spec;
  return [
    ["Context", spec.context && contextText(spec.context)],
    [
      "Dockerfile",
      dockerfile &&
        (dockerfile.source.case === "content" ? "given with the request" : dockerfile.source.value),
    ],
    ["Target", spec.target],
    ["Platforms", spec.platforms.join(", ")],
    ["Tags", list(spec.tags)],
    [
      "Named contexts",
      list(Object.entries(spec.namedContexts).map(([name, context]) => `${name}: ${contextText(context)}`)),
    ],
    ["Build arguments", pairs(spec.buildArgs)],
    ["Labels", pairs(spec.labels)],
    ["Outputs", list(spec.outputs.map(outputText))],
    ["Cache from", list(spec.cacheFrom.map(({ type, attributes }) => withAttributes(type, attributes)))],
    ["Cache to", list(spec.cacheTo.map(({ type, attributes }) => withAttributes(type, attributes)))],
    ["Attestations", pairs(spec.attestations)],
    ["Secrets", spec.secrets.map(({ id }) => id).join(", ")],
    ["Entitlements", spec.entitlements.join(", ")],
    ["Without cache", spec.noCache ? "yes" : spec.noCacheStages.join(", ")],
    ["Call", spec.call],
  ];
}

/** What a build made. */
export function resultOf(result: BuildResult): Fact[] {
  return [
    ["Image digest", result.imageDigest && <code>{result.imageDigest}</code>],
    ["Configuration digest", result.configDigest && <code>{result.configDigest}</code>],
    ["Image names", list(result.imageNames)],
    [
      "Nodes",
      list(
        result.nodes.map(
          ({ node, platforms, imageDigest }) => `${node}: ${platforms.join(", ")} ${imageDigest}`,
        ),
      ),
    ],
    ["Answer", result.call && <pre>{result.call.text}</pre>],
    ["Output", result.cacheOnly && "only the build cache"],
    ["Response of the exporters", pairs(result.exporterResponse)],
  ];
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

/** A type with its attributes, for people. */
export function withAttributes(type: string, attributes: Record<string, string>): string {
  return [type, ...Object.entries(attributes).map(([name, value]) => `${name}=${value}`)].join(" ");
}

/** Names with their values; undefined without any. */
export function pairs(values: Record<string, string>): ComponentChildren {
  return list(Object.entries(values).map(([name, value]) => `${name}=${value}`));
}

/** A list of texts; undefined without any. */
export function list(values: readonly string[]): ComponentChildren {
  if (values.length === 0) return undefined;
  return (
    <ul class="plain">
      {values.map((value, index) => (
        <li key={index}>{value}</li>
      ))}
    </ul>
  );
}
