import { InputError } from "../../errors/input-error.js";
import { parseCsvLine } from "../../inputs/parse-attributes.js";
import { parseBool } from "../values/parse-bool.js";

/** Attestations by type, with their parameters in the form of the API. The first flag of a type wins, as in buildx. */
export function parseAttestations(
  flags: { attest?: string[]; provenance?: string; sbom?: string },
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  const given = [...(flags.attest ?? [])];
  for (const type of ["provenance", "sbom"] as const) {
    const value = flags[type];
    if (value) given.push(`type=${type},${isBool(value) ? `disabled=${!parseBool(value)}` : value}`);
  }
  const result: Record<string, string> = {};
  for (const text of given) {
    const { type, parameters } = parseAttestation(text);
    result[type] ??= parameters;
  }
  const none = env.BUILDX_NO_DEFAULT_ATTESTATIONS;
  if (none && parseBool(none)) result.provenance ??= "disabled=true";
  return result;
}

function parseAttestation(text: string): { type: string; parameters: string } {
  let type = "";
  let disabled = false;
  const rest: string[] = [];
  for (const part of parseCsvLine(text)) {
    const [, key, value] = /^([^=]*)=(.*)$/s.exec(part) ?? [];
    if (value === undefined) throw invalid(`invalid value ${part}`);
    const name = key!.trim().toLowerCase();
    if (name === "type") type = value;
    else if (name === "disabled") disabled = parseBool(value);
    else rest.push(quoted(part));
  }
  if (!type) throw invalid("attestation type not specified");
  return { type, parameters: disabled ? "disabled=true" : rest.join(",") };
}

function quoted(part: string): string {
  return /[,"]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part;
}

function isBool(text: string): boolean {
  return /^(1|t|true|0|f|false)$/i.test(text);
}

function invalid(message: string): InputError {
  return new InputError({
    reason: "ATTESTATION_INVALID",
    field: "--attest",
    message,
    remedy: "Write type=sbom or type=provenance, followed by parameters as key=value.",
  });
}
