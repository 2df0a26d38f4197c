import { type BuildSpec, type Diagnostic, type NativeBuilder, Severity } from "slipway/driver";

type Finding = Pick<Diagnostic, "reason" | "field" | "message" | "remedy">;

/** Attributes of outputs that are understood. */
const attributes = ["name", "push", "unpack", "tar", "oci-mediatypes"];

/** What Buildah cannot do of a specification that is otherwise right. */
export const check: NativeBuilder["check"] = async (spec) =>
  [...outputs(spec), ...annotations(spec)].map((finding) => ({ ...finding, severity: Severity.ERROR }));

function outputs(spec: BuildSpec): Finding[] {
  return spec.outputs.flatMap(({ type, attributes: given }, index): Finding[] => {
    const unknown = Object.keys(given).filter((name) => !attributes.includes(name));
    return unknown.map((name) => ({
      reason: "ATTRIBUTE_UNSUPPORTED",
      field: `outputs[${index}].attributes[${name}]`,
      message: `the buildah driver does not know the attribute ${name} of output type ${type}`,
      remedy: `Leave it out. It knows ${attributes.join(", ")}.`,
    }));
  });
}

function annotations(spec: BuildSpec): Finding[] {
  return Object.keys(spec.annotations)
    .filter((key) => key.includes(":") && !key.startsWith("manifest:"))
    .map((key) => ({
      reason: "ANNOTATION_UNSUPPORTED",
      field: `annotations[${key}]`,
      message: "Buildah annotates manifests only, no indexes and no descriptors",
      remedy: "Leave out what stands before the colon.",
    }));
}
