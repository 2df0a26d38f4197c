import { create } from "@bufbuild/protobuf";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { BuildSpec } from "../../../gen/slipway/v1/build_spec_pb.js";
import { unknownCacheAttributes } from "./cache-attributes.js";
import { unknownOutputAttributes } from "./output-attributes.js";

/** Warnings about attributes that are unknown here. They are passed on, since a newer BuildKit may know them. */
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

function warnings(field: string, unknown: Map<string, string>): Diagnostic[] {
  return [...unknown].map(([name, message]) =>
    create(DiagnosticSchema, {
      severity: Severity.WARNING,
      reason: "ATTRIBUTE_UNKNOWN",
      field: `${field}.attributes[${name}]`,
      message,
    }),
  );
}
