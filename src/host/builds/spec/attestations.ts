import type { BuildSpec } from "../../../gen/slipway/v1/build_spec_pb.js";

/** Types of the attestations that a specification asks for by name. */
export function attestationsWanted({ attestations }: BuildSpec): string[] {
  return Object.keys(attestations).filter((type) => !isTurnedOff(attestations[type]!));
}

/** Whether the parameters of an attestation turn it off. */
export function isTurnedOff(parameters: string): boolean {
  return /(^|,)disabled=true(,|$)/.test(parameters);
}
