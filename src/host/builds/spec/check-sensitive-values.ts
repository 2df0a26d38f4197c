import { invalidField } from "../../../errors/typed-error.js";
import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { secretsOfSpec } from "../redaction/secrets.js";

/** Maximum number of values that are masked. Each is searched for in every event of the build. */
const maxValues = 256;
/** Maximum length of these values together, in characters. */
const maxLength = 128 * 1024;

/**
 * Checks what the host would have to mask in a build: what the caller marks as sensitive, and credentials in URLs. It
 * comes before all that masks. Throws INVALID_ARGUMENT above a limit.
 */
export function checkSensitiveValues(spec: BuildSpec): void {
  const names = spec.sensitiveParameters.length;
  const values = names > maxValues ? [] : [...secretsOfSpec(spec)];
  const length = values.reduce((sum, value) => sum + value.length, 0);
  const count = Math.max(names, values.length);
  if (count <= maxValues && length <= maxLength) return;
  const found = count > maxValues ? `${count} values` : `values of ${length} characters`;
  const message = `The build has ${found} to mask, more than ${maxValues} values of ${maxLength} characters in all.`;
  const remedy = "Mark fewer or shorter values, and give secrets as BuildSpec.secrets.";
  throw invalidField("spec.sensitive_parameters", "SENSITIVE_VALUES_TOO_LARGE", message, remedy);
}
