import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Diagnostic } from "../../../gen/slipway/common/v1/diagnostic_pb.js";
import { warning } from "../warning.js";
import { unknownCacheAttributes } from "./cache-attributes.js";
import { unknownOutputAttributes } from "./output-attributes.js";

/** Warnings about unknown attributes, which are passed on, since a newer BuildKit may know them. */
export function attributeWarnings(spec: BuildSpec): Diagnostic[] {
  return [
    ...spec.outputs.flatMap((output, index) =>
      warnings(`spec.outputs[${index}]`, unknownOutputAttributes(output)),
    ),
    ...(["cache_from", "cache_to"] as const).flatMap((direction) =>
      spec[direction === "cache_from" ? "cacheFrom" : "cacheTo"].flatMap((cache, index) =>
        warnings(`spec.${direction}[${index}]`, unknownCacheAttributes(direction, cache)),
      ),
    ),
  ];
}

function warnings(field: string, unknown: ReadonlyMap<string, string>): Diagnostic[] {
  return [...unknown].map(([name, message]) =>
    warning(`${field}.attributes[${name}]`, "ATTRIBUTE_UNKNOWN", message),
  );
}
