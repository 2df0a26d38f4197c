import { readTypedError, type TypedError } from "../../src/errors/typed-error.js";

/** Returns the typed error with which `work` fails. Rejects when the work succeeds. */
export async function failure(work: Promise<unknown>): Promise<TypedError> {
  try {
    await work;
  } catch (error) {
    return readTypedError(error);
  }
  throw new Error("The work succeeded; it should have failed.");
}
