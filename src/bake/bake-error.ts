/** A definition that cannot be built: what is wrong, in buildx's words where it has some. */
export class BakeError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BakeError";
  }
}

/** A variable, a function or a target that needs itself. No conditional and no `try` hides it. */
export class CycleError extends BakeError {}
