import { readGoBool } from "../../../util/go-values.js";

/** Whether a boolean attribute of BuildKit's is true: as Go's ParseBool reads it, with the empty string as true. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && (value === "" || readGoBool(value) === true);
}

/** Whether a boolean attribute is given and not true. */
export function isFalse(value: string | undefined): boolean {
  return value !== undefined && !isTrue(value);
}
