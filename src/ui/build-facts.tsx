import type { ComponentChildren } from "preact";
import type { BuildResult } from "../gen/slipway/build/v1/build_result_pb.js";
import { type Inputs, pairsOf } from "./build-inputs.js";

type Fact = readonly [name: string, value: ComponentChildren];

/** What a build was asked for. */
export function inputFacts(inputs: Inputs): Fact[] {
  return [...inputs].map(([name, values]) => [name, list(values)]);
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

/** Names with their values; undefined without any. */
export function pairs(values: Record<string, string>): ComponentChildren {
  return list(pairsOf(values));
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
