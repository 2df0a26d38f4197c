import type { Place } from "./hcl/hcl-error.js";

/** A definition that cannot be built: what is wrong, in buildx's words where it has some. */
export class BakeError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BakeError";
  }
}

/** A variable, a function, a target or a group that needs itself. No conditional and no `try` hides it. */
export class CycleError extends BakeError {
  /** @param place where it is, if it is not where it was found */
  constructor(
    message: string,
    readonly place?: Place,
  ) {
    super(message);
    this.name = "CycleError";
  }
}
