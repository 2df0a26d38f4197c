import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { isTrue } from "./booleans.js";

/**
 * The names of an output's image: tags replace its own names, as in buildx, except for a push by digest, where a tag
 * is not possible.
 */
export function namesOf(spec: BuildSpec, attributes: Readonly<Record<string, string>>): string[] {
  const own = splitNames(attributes.name);
  const keepsOwn = own.length > 0 && isTrue(attributes["push-by-digest"]);
  return spec.tags.length > 0 && !keepsOwn ? spec.tags : own;
}

/** Splits the comma-separated names in an attribute or in an exporter's response. */
export function splitNames(names: string | undefined): string[] {
  return (names ?? "").split(",").filter(Boolean);
}
