import { isFieldSet } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { type FieldViolation, typedError } from "../../../errors/typed-error.js";
import { type BuildSpec, BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Context } from "../../../gen/slipway/build/v1/context_pb.js";
import type { DriverDescriptor } from "../../../gen/slipway/driver/v1/descriptor_pb.js";
import { capabilityIds } from "../../../plugin-protocol/capabilities.js";
import { attestationsWanted } from "../spec/attestations.js";
import { isFalse } from "../spec/booleans.js";

/** Fields that the host handles itself, or that every driver must honour. */
const alwaysHonoured = new Set([
  "builder",
  "environment",
  "context",
  "dockerfile",
  "outputs",
  "registry_auth",
  "display_name",
  "policy",
  "return_provenance",
  "project",
  "priority",
  "queue_timeout",
  "run_timeout",
]);

/**
 * Throws FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED, that lists everything in the specification that a driver does
 * not claim in DriverDescriptor.native_build.
 */
export function requireClaimed(spec: BuildSpec, descriptor: DriverDescriptor): void {
  const problems = unclaimed(spec, claimsOf(descriptor));
  if (problems.length > 0) throw unsupportedFields(descriptor.name, problems);
}

interface Claims {
  fields: ReadonlySet<string>;
  outputs: ReadonlySet<string>;
}

function claimsOf({ nativeBuild }: DriverDescriptor): Claims {
  return { fields: new Set(nativeBuild?.fields), outputs: new Set(nativeBuild?.outputs) };
}

/** The fields that the driver does not claim, each with what the user requested. */
function unclaimed(spec: BuildSpec, { fields, outputs }: Claims): FieldViolation[] {
  const problems: FieldViolation[] = [];
  const add = (field: string, message: string) => problems.push({ field, message });
  for (const field of BuildSpecSchema.fields) {
    if (!isFieldSet(spec, field) || alwaysHonoured.has(field.name) || fields.has(field.name)) continue;
    // Attestations that are turned off request nothing.
    if (field.name === "attestations" && attestationsWanted(spec).length === 0) continue;
    add(`spec.${field.name}`, field.name.replaceAll("_", " "));
  }
  const contexts: [string, Context | undefined][] = [
    ["spec.context", spec.context],
    ...Object.entries(spec.namedContexts).map(([name, context]): [string, Context] => [
      `spec.named_contexts[${name}]`,
      context,
    ]),
  ];
  for (const [field, context] of contexts) {
    const kind = context?.source.case;
    if (kind === "url" || kind === "ociLayout" || kind === "storedImage")
      add(field, `a context that is ${kinds[kind]}`);
  }
  spec.outputs.forEach(({ type, attributes }, index) => {
    if (type !== "cacheonly" && !outputs.has(type)) add(`spec.outputs[${index}]`, `output type ${type}`);
    else if (isFalse(attributes.tar)) add(`spec.outputs[${index}].attributes[tar]`, "an unpacked archive");
  });
  return problems;
}

const kinds = { url: "a URL", ociLayout: "an OCI layout", storedImage: "an image of a store" };

function unsupportedFields(driver: string, problems: FieldViolation[]): ConnectError {
  const wanted = problems.map(({ message }) => message).join(", ");
  return typedError({
    code: Code.FailedPrecondition,
    reason: "FEATURE_UNSUPPORTED",
    message: `The ${driver} driver builds without BuildKit and does not support: ${wanted}.`,
    remedy: "Leave it out, or use a builder with another driver.",
    fields: problems.map(({ field, message }) => ({
      field,
      reason: "FEATURE_UNSUPPORTED",
      message: `The ${driver} driver does not support ${message}.`,
    })),
    metadata: { capability: capabilityIds.nativeBuild },
  });
}
