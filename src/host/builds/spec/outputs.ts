import type { Output } from "../../../gen/slipway/build/v1/output_pb.js";
import { isFalse, isTrue } from "./booleans.js";

/** Whether an output is pushed to a registry. */
export function isPushed({ type, attributes }: Output): boolean {
  return type === "registry"
    ? isTrue(attributes.push ?? "true")
    : type === "image" && isTrue(attributes.push);
}

/** Whether an output is a folder in OCI layout. */
export function isLayout({ destination, attributes, type }: Output): boolean {
  return (type === "oci" || type === "docker") && destination.case === "path" && isFalse(attributes.tar);
}
