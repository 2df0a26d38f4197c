import type { Service } from "./serve-with-fault.js";

/** A fault: the driver does not learn that a call of Acquire has ended. */
export function ignoringCancels({ acquire }: Service): Partial<Service> {
  return {
    acquire: (request, context) => acquire(request, { ...context, signal: new AbortController().signal }),
  };
}
