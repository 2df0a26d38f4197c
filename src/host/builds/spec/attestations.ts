import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { parseCsvLine } from "../../../inputs/parse-attributes.js";
import { type AttributeTable, bool, oneOf, text } from "./attribute.js";
import type { Problems } from "./problems.js";

/** Parameters by type. Those of sbom are for its generator, and not checked. */
const tables: Record<string, AttributeTable> = {
  provenance: {
    mode: oneOf("min", "max", "full"),
    version: oneOf("v0.2", "v1"),
    "builder-id": text,
    "inline-only": bool,
    reproducible: bool,
    "capture-usage": bool,
    "complete-materials": bool,
    filename: text,
  },
  sbom: {},
};

/** The attestations that a specification requests: parameters by type, without those that are turned off. */
export function requestedAttestations({ attestations }: BuildSpec): Record<string, string> {
  return Object.fromEntries(Object.entries(attestations).filter(([, given]) => !isDisabled(given)));
}

/** The types of the attestations that a specification requests. */
export function attestationsWanted(spec: BuildSpec): string[] {
  return Object.keys(requestedAttestations(spec));
}

/** Checks the attestations of a build. */
export function checkAttestations(problems: Problems, { attestations }: BuildSpec): void {
  for (const [type, given] of Object.entries(attestations)) {
    const field = `spec.attestations[${type}]`;
    const table = tables[type];
    if (!table) {
      problems.add(
        field,
        "ATTESTATION_UNKNOWN",
        `Unknown attestation type ${JSON.stringify(type)}.`,
        'Use "provenance" or "sbom".',
      );
      continue;
    }
    let pairs: [string, string][];
    try {
      pairs = parametersOf(given);
    } catch (cause) {
      const message = `The parameters of attestation ${type} cannot be parsed: ${(cause as Error).message}.`;
      problems.add(field, "ATTESTATION_INVALID", message, "Write key=value pairs, separated by commas.");
      continue;
    }
    for (const [name, value] of pairs) {
      const form = table[name];
      if (!form || form.matches(value)) continue;
      const message = `Invalid value ${JSON.stringify(value)} for ${name} of attestation ${type}, expected ${form.expected}.`;
      problems.add(field, "ATTESTATION_INVALID", message);
    }
  }
}

function isDisabled(given: string): boolean {
  return /(^|,)disabled=true(,|$)/.test(given);
}

/** The parameters of an attestation; throws an Error if they are not CSV. */
export function parametersOf(given: string): [string, string][] {
  return parseCsvLine(given).map((pair) => {
    const [, name = pair, value = ""] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
    return [name, value];
  });
}
