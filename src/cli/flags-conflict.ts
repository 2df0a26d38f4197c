import { InputError } from "../errors/input-error.js";

/** The error for flags that exclude each other; `field` is one of them. */
export function flagsConflict(field: string, message: string, remedy = "Give one of them."): InputError {
  return new InputError({ reason: "FLAGS_CONFLICT", field, message, remedy });
}
