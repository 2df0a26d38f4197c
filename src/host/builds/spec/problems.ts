import { Code } from "@connectrpc/connect";
import { InputError } from "../../../errors/input-error.js";
import type { Reason } from "../../../errors/reasons.js";
import { type FieldViolation, invalidField, typedError } from "../../../errors/typed-error.js";

/** Gathers what is wrong with a request, so that the user learns of everything at once. */
export class Problems {
  readonly #fields: Required<FieldViolation<Reason>>[] = [];
  #remedy: string | undefined;

  /** Notes one field that is wrong. The remedy of the first problem becomes that of the error. */
  add(field: string, reason: Reason, message: string, remedy?: string): void {
    if (this.#fields.length === 0) this.#remedy = remedy;
    this.#fields.push({ field, reason, message });
  }

  /** Runs a check that may throw an {@link InputError}, and notes that under the given field. */
  check<T>(field: string, run: () => T): T | undefined {
    try {
      return run();
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      this.add(field, cause.reason, cause.message, cause.remedy || undefined);
      return undefined;
    }
  }

  /** Throws INVALID_ARGUMENT with all fields if there are any. */
  throwIfAny(): void {
    const [first, ...others] = this.#fields;
    if (!first) return;
    throw typedError({
      code: Code.InvalidArgument,
      reason: first.reason,
      message: [first, ...others].map((violation) => violation.message).join("; "),
      remedy: this.#remedy,
      fields: this.#fields,
    });
  }
}

/** What the BuildKit client refused, as an error of the request: `secrets[id]` becomes `spec.secrets[id]`. */
export function asRequestError(cause: unknown): unknown {
  if (!(cause instanceof InputError)) return cause;
  return invalidField(`spec.${cause.field}`, cause.reason, cause.message, cause.remedy || undefined);
}
