import { create } from "@bufbuild/protobuf";
import type { Reason } from "../../../errors/reasons.js";
import { invalidField } from "../../../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { BuildSpec, Output } from "../../../gen/slipway/v1/build_spec_pb.js";
import { parseReference } from "../../../image/reference.js";
import { isTrue } from "../spec/booleans.js";
import { namesOf } from "../spec/exports.js";
import { unsupported } from "../spec/features.js";

/** One name of an image that several nodes push. */
export interface PushTarget {
  /** As it was given. */
  name: string;
  /** Registry: `docker.io`, `localhost:5000`. */
  domain: string;
  /** Repository without its registry. */
  path: string;
  /** Undefined when it is pushed by digest alone. */
  tag?: string;
}

/** What several nodes push together. */
export interface JointPush {
  targets: PushTarget[];
  /** The registry's certificate is not verified. */
  insecure: boolean;
}

/** Whether an output is pushed to a registry. */
export function isPushed({ type, attributes }: Output): boolean {
  return type === "registry"
    ? isTrue(attributes.push ?? "true")
    : type === "image" && isTrue(attributes.push);
}

/** Whether an output is a folder in OCI layout. */
export function isLayout({ destination, attributes, type }: Output): boolean {
  return (
    (type === "oci" || type === "docker") &&
    destination.case === "path" &&
    attributes.tar !== undefined &&
    !isTrue(attributes.tar)
  );
}

/** What is to be pushed of a specification; undefined when nothing is. */
export function jointPushOf(spec: BuildSpec): JointPush | undefined {
  const index = spec.outputs.findIndex(isPushed);
  const output = spec.outputs[index];
  if (!output) return undefined;
  const { attributes } = output;
  const targets = namesOf(spec, attributes).map((name) => {
    const reference = parseReference(name.trim());
    if (!reference) {
      const message = `invalid tag ${JSON.stringify(name)}: invalid reference format`;
      throw invalidField(`spec.outputs[${index}].attributes[name]`, "TAG_INVALID", message);
    }
    const { domain, path, tag = "latest" } = reference;
    return { name: name.trim(), domain, path, tag: isTrue(attributes["push-by-digest"]) ? undefined : tag };
  });
  return { targets, insecure: isTrue(attributes["registry.insecure"]) };
}

/** Throws FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED, for outputs that several nodes cannot make together. */
export function checkJointOutputs({ outputs }: BuildSpec): void {
  const indexed = outputs.filter((output) => isPushed(output) || isLayout(output));
  for (const [index, output] of outputs.entries()) {
    const { type, attributes, destination } = output;
    const refuse = (attribute: string, what: string, remedy: string) => {
      const field = `spec.outputs[${index}]${attribute && `.attributes[${attribute}]`}`;
      return unsupported(field, `${what} cannot be made by several nodes together`, remedy);
    };
    const { mode, "platform-split": split } = attributes;
    const isTar = type === "tar" || (type === "local" && destination.case === "stream");
    if (isTar && split !== undefined && !isTrue(split))
      throw refuse("platform-split", "a tar without a folder for each platform", "leave out platform-split");
    if (type === "local" && mode === "delete")
      throw refuse("mode", "a folder with mode=delete", "empty the folder before, or build one platform");
    if (indexed.indexOf(output) > 0)
      throw refuse(
        "",
        "a second output that is pushed or a folder in OCI layout",
        "give all names to one output",
      );
  }
}

/** What users of several nodes should know of their outputs and caches. */
export function jointWarnings({ outputs, cacheTo }: BuildSpec): Diagnostic[] {
  const warn = (field: string, reason: Reason, message: string, remedy: string) =>
    create(DiagnosticSchema, { severity: Severity.WARNING, reason, field, message, remedy });
  const kept = outputs.findIndex((output) => output.type === "image" && !isPushed(output));
  const shared = cacheTo.findIndex(({ type }) => type !== "inline");
  return [
    ...(kept < 0
      ? []
      : [
          warn(
            `spec.outputs[${kept}]`,
            "IMAGE_SPLIT",
            "Each node keeps the image of its own platforms.",
            "Push it, or load it, to have one image of all platforms.",
          ),
        ]),
    ...(shared < 0
      ? []
      : [
          warn(
            `spec.cache_to[${shared}]`,
            "CACHE_OVERWRITTEN",
            "Every node exports its cache to the same place, and the last one's stays.",
            "Use cache type inline, or build each platform with a cache of its own.",
          ),
        ]),
  ];
}
