import { readTypedError, type TypedError } from "../../src/errors/typed-error.js";

/** The typed error that a piece of work ends with. Rejects when the work succeeds. */
export async function failure(work: Promise<unknown>): Promise<TypedError> {
  try {
    await work;
  } catch (error) {
    return readTypedError(error);
  }
  throw new Error("The work succeeded; it should have failed.");
}
