import { Code } from "@connectrpc/connect";
import { InputError } from "../../../errors/input-error.js";
import type { Reason } from "../../../errors/reasons.js";
import { type FieldViolation, invalidField, typedError } from "../../../errors/typed-error.js";

/** Most problems that an error lists. */
const maxListed = 100;

/** Collects the problems of a request, so that all are reported at once. */
export class Problems {
  readonly #fields: (FieldViolation<Reason> & { reason: Reason })[] = [];
  #unlisted = 0;

  /** Adds the problem of a field. The remedy of the first problem becomes that of the error, too. */
  add(field: string, reason: Reason, message: string, remedy?: string): void {
    if (this.#fields.length < maxListed) this.#fields.push({ field, reason, message, remedy });
    else this.#unlisted++;
  }

  /** Runs a check that may throw an {@link InputError}, which becomes the problem of the given field. */
  check<T>(field: string, run: () => T): T | undefined {
    try {
      return run();
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      this.add(field, cause.reason, cause.message, cause.remedy || undefined);
      return undefined;
    }
  }

  /** Throws INVALID_ARGUMENT that lists the problems, at most 100, if there are any. */
  throwIfAny(): void {
    const [first] = this.#fields;
    if (!first) return;
    throw typedError({
      code: Code.InvalidArgument,
      reason: first.reason,
      message:
        joinMessages(this.#fields) + (this.#unlisted > 0 ? ` And ${this.#unlisted} more problems.` : ""),
      remedy: first.remedy,
      fields: this.#fields,
    });
  }
}

/** Messages one after the other. Those in buildx's words have no period. */
function joinMessages(fields: readonly FieldViolation[]): string {
  return fields
    .map(({ message }) => message)
    .reduce((text, message) => `${text}${text.endsWith(".") ? "" : ";"} ${message}`);
}

/** Converts an error of the BuildKit client to one of the request: `secrets[id]` becomes `spec.secrets[id]`. */
export function asRequestError(cause: unknown): unknown {
  if (!(cause instanceof InputError)) return cause;
  return invalidField(`spec.${cause.field}`, cause.reason, cause.message, cause.remedy || undefined);
}
