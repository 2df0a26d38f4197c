import type { Reason } from "../../../errors/reasons.js";
import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Output } from "../../../gen/slipway/build/v1/output_pb.js";
import { parseReference } from "../../../image/reference.js";
import { attestationsWanted } from "./attestations.js";
import {
  type AttributeTable,
  between,
  bool,
  checkAttributes,
  epoch,
  flag,
  oneOf,
  text,
  unknownAttributes,
} from "./attribute.js";
import { isFalse, isTrue } from "./booleans.js";
import type { Problems } from "./problems.js";

/** The attributes of every exporter of images. */
const image: AttributeTable = {
  name: text,
  compression: oneOf("uncompressed", "gzip", "estargz", "zstd"),
  "compression-level": between(0, 22),
  "force-compression": flag,
  "oci-mediatypes": bool,
  "oci-artifact": bool,
  "attestation-inline": bool,
  "prefer-nondist-layers": bool,
  "rewrite-timestamp": bool,
  "source-date-epoch": epoch,
  "prefer-image-digest": bool,
  "buildinfo-attrs": bool,
};

const stored: AttributeTable = {
  ...image,
  push: flag,
  "push-by-digest": flag,
  "registry.insecure": flag,
  unpack: flag,
  store: flag,
  "name-canonical": flag,
  "dangling-name-prefix": text,
  // BuildKit's spelling.
  "danging-name-empty-only": flag,
};

const archive: AttributeTable = { ...image, tar: flag };

const files: AttributeTable = {
  "platform-split": bool,
  "attestation-prefix": text,
  "source-date-epoch": epoch,
};

/** By output type, as of BuildKit 0.32 and buildx. */
const tables: Record<string, AttributeTable> = {
  image: stored,
  registry: stored,
  oci: archive,
  docker: { ...archive, context: text },
  tar: files,
  local: { ...files, mode: oneOf("copy", "delete") },
  cacheonly: {},
};

/** Checks the attributes of an output of a known type. */
export function checkOutputAttributes(
  problems: Problems,
  field: string,
  output: Output,
  spec: BuildSpec,
): void {
  const { type, attributes } = output;
  checkAttributes(problems, field, attributes, tables[type]!);
  const add = (name: string, reason: Reason, message: string, remedy?: string) =>
    problems.add(`${field}.attributes[${name}]`, reason, message, remedy);

  const { compression = "gzip", "compression-level": level } = attributes;
  if (Number(level) > 9 && (compression === "gzip" || compression === "estargz")) {
    add("compression-level", "ATTRIBUTE_INVALID", `The compression-level of ${compression} is at most 9.`);
  }
  if (isFalse(attributes["oci-mediatypes"])) {
    if (compression === "estargz" || compression === "zstd") {
      add(
        "compression",
        "ATTRIBUTES_CONFLICT",
        `compression=${compression} needs OCI media types.`,
        "Leave out oci-mediatypes=false.",
      );
    }
    if (attestationsWanted(spec).length > 0) {
      add(
        "oci-mediatypes",
        "ATTRIBUTES_CONFLICT",
        "Attestations need OCI media types.",
        "Leave out oci-mediatypes=false.",
      );
    }
    if (isTrue(attributes["oci-artifact"])) {
      add("oci-artifact", "ATTRIBUTES_CONFLICT", "oci-artifact=true conflicts with oci-mediatypes=false.");
    }
  }
  const streamed = output.destination.case === "stream";
  if (streamed && isFalse(attributes.tar)) {
    add("tar", "ATTRIBUTES_CONFLICT", "An archive that is not packed needs a folder.", "Give a path.");
  }
  if (streamed && attributes.mode === "delete") {
    add("mode", "ATTRIBUTES_CONFLICT", "mode=delete needs a folder on the host's machine.", "Give a path.");
  }
  const names = attributes.name?.split(",").filter(Boolean);
  names?.forEach((name) => {
    if (name === "*" || parseReference(name)) return;
    add("name", "TAG_INVALID", `The name ${JSON.stringify(name)} is not a valid image reference.`);
  });
  if (isTrue(attributes["push-by-digest"])) {
    const tagged = (names?.length ? names : spec.tags).find((name) => parseReference(name)?.tag);
    if (tagged)
      add(
        "push-by-digest",
        "ATTRIBUTES_CONFLICT",
        `The tagged name ${tagged} cannot be pushed by digest.`,
        "Give the name without its tag, as attribute name.",
      );
  }
}

/** The warnings about unknown attributes of an output, by attribute. */
export function unknownOutputAttributes({ type, attributes }: Output): Map<string, string> {
  const own = Object.entries(attributes).filter(([name]) => !/^annotation[-.[]/.test(name));
  return unknownAttributes(Object.fromEntries(own), tables[type] ?? {});
}
