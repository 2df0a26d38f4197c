import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import {
  type ProvenanceAttestation,
  ProvenanceAttestationSchema,
  type SbomAttestation,
  SbomAttestationSchema,
} from "../../../gen/slipway/build/v1/attestation_pb.js";
import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { type CacheBackend, CacheBackendSchema } from "../../../gen/slipway/build/v1/cache_pb.js";
import { type Output, OutputSchema } from "../../../gen/slipway/build/v1/output_pb.js";
import { formatCsvLine } from "../../../inputs/parse-attributes.js";
import type { CacheDirection } from "./cache-attributes.js";
import { Problems } from "./problems.js";
import { typedAttributes } from "./typed-attributes.js";

/** A specification whose outputs, caches and attestations are attributes only. */
export interface AttributeForm {
  readonly spec: BuildSpec;
  /** Fields of typed forms, by the fields of `spec` for which they stand. */
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * Turns the typed forms in a specification into attributes. Throws INVALID_ARGUMENT that lists every attribute that
 * differs from the typed form.
 */
export function withoutTypedForms(spec: BuildSpec): AttributeForm {
  const translation = new Translation();
  const { provenance, sbom, ...rest } = spec;
  const attributeForm = {
    ...rest,
    outputs: spec.outputs.map((output, index) => translation.output(`spec.outputs[${index}]`, output)),
    cacheFrom: spec.cacheFrom.map((cache, index) => translation.cache("cache_from", index, cache)),
    cacheTo: spec.cacheTo.map((cache, index) => translation.cache("cache_to", index, cache)),
    attestations: {
      ...spec.attestations,
      ...translation.attestation(spec, "provenance", ProvenanceAttestationSchema, provenance),
      ...translation.attestation(spec, "sbom", SbomAttestationSchema, sbom),
    },
  };
  translation.problems.throwIfAny();
  return { spec: attributeForm, fields: translation.fields };
}

/** A part of a specification that has type and attributes. */
interface Part {
  readonly type: string;
  readonly attributes: Record<string, string>;
}

/** A typed form in a part: a message in a field of the part. */
interface Form {
  /** Name of the field. */
  readonly name: string;
  readonly desc: DescMessage;
  readonly message: Message;
}

class Translation {
  readonly problems = new Problems();
  readonly fields = new Map<string, string>();

  output(field: string, output: Output): Output {
    const { exporter } = output;
    if (!exporter.case) return output;
    const form = formIn(OutputSchema, exporter.case, exporter.value);
    const type = exporter.case.toLowerCase();
    return { ...output, ...this.#translate(field, output, type, [form]), exporter: { case: undefined } };
  }

  cache(direction: CacheDirection, index: number, cache: CacheBackend): CacheBackend {
    const field = `spec.${direction}[${index}]`;
    const { backend, export: how } = cache;
    if (direction === "cache_from" && how) {
      const message = "Cache that is imported has no settings of an export.";
      this.problems.add(`${field}.export`, "ATTRIBUTE_INVALID", message, "Set export in cache_to.");
    }
    const forms = [
      ...(backend.case ? [formIn(CacheBackendSchema, backend.case, backend.value)] : []),
      ...(how ? [formIn(CacheBackendSchema, "export", how)] : []),
    ];
    const path = direction === "cache_from" ? "src" : "dest";
    const translated = this.#translate(field, cache, backend.case ?? cache.type, forms, { path });
    return create(CacheBackendSchema, translated);
  }

  /** The parameters of an attestation by its type. */
  attestation(
    { attestations }: BuildSpec,
    type: string,
    desc: DescMessage,
    message: ProvenanceAttestation | SbomAttestation | undefined,
  ): Record<string, string> {
    if (!message) return {};
    const field = `spec.${type}`;
    if (Object.hasOwn(attestations, type)) {
      const text = `The attestation ${type} is given in its typed form and as text.`;
      this.problems.add(field, "ATTRIBUTES_CONFLICT", text, `Leave out attestations[${type}].`);
    }
    this.fields.set(`spec.attestations[${type}]`, field);
    const pairs = typedAttributes(this.problems, desc, message, field).flatMap(({ name, value }) =>
      value === undefined ? [] : `${name}=${value}`,
    );
    return { [type]: formatCsvLine(pairs) };
  }

  /**
   * Type and attributes of a part with its typed forms.
   * @param renamed attributes that are named otherwise in this part
   */
  #translate(
    field: string,
    { type: givenType, attributes: given }: Part,
    type: string,
    forms: readonly Form[],
    renamed: Readonly<Record<string, string>> = {},
  ): Part {
    if (givenType && givenType !== type) {
      const message = `The type ${JSON.stringify(givenType)} differs from the typed form ${type}.`;
      this.problems.add(`${field}.type`, "ATTRIBUTES_CONFLICT", message, "Leave out the type.");
    }
    const attributes = { ...given };
    for (const { name: formName, desc, message } of forms) {
      for (const { name, value, field: from } of typedAttributes(
        this.problems,
        desc,
        message,
        `${field}.${formName}`,
      )) {
        const attribute = renamed[name] ?? name;
        const path = `${field}.attributes[${attribute}]`;
        this.fields.set(path, from);
        if (value === undefined) continue;
        if (Object.hasOwn(given, attribute) && given[attribute] !== value) {
          // Its value may be secret.
          const message = `The attribute ${attribute} differs from the typed form.`;
          this.problems.add(path, "ATTRIBUTES_CONFLICT", message, `Leave out the attribute, or ${from}.`);
        }
        attributes[attribute] = value;
      }
    }
    return { type, attributes };
  }
}

function formIn(desc: DescMessage, localName: string, message: Message): Form {
  const { name, message: type } = desc.field[localName]!;
  return { name, desc: type!, message };
}
