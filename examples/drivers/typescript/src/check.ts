import { type BuildSpec, type Diagnostic, type NativeBuilder, Severity } from "slipway/driver";

type Finding = Pick<Diagnostic, "reason" | "field" | "message" | "remedy">;

/** Supported attributes of outputs. */
const attributes = ["name", "push", "unpack", "tar", "oci-mediatypes"];

/** Reports what Buildah does not support in a valid build spec. */
export const check: NativeBuilder["check"] = async (spec) =>
  [...outputs(spec), ...annotations(spec)].map((finding) => ({ ...finding, severity: Severity.ERROR }));

function outputs(spec: BuildSpec): Finding[] {
  return spec.outputs.flatMap(({ type, attributes: given }, index): Finding[] => {
    const unknown = Object.keys(given).filter((name) => !attributes.includes(name));
    return unknown.map((name) => ({
      reason: "BUILDAH_ATTRIBUTE_UNSUPPORTED",
      field: `outputs[${index}].attributes[${name}]`,
      message: `The driver buildah does not support the attribute ${name} of the output type ${type}.`,
      remedy: `Leave it out. Supported attributes: ${attributes.join(", ")}.`,
    }));
  });
}

function annotations(spec: BuildSpec): Finding[] {
  return Object.keys(spec.annotations)
    .filter((key) => key.includes(":") && !key.startsWith("manifest:"))
    .map((key) => ({
      reason: "BUILDAH_ANNOTATION_UNSUPPORTED",
      field: `annotations[${key}]`,
      message: "Buildah can annotate only manifests, not indexes and descriptors.",
      remedy: "Leave out the prefix before the colon.",
    }));
}
