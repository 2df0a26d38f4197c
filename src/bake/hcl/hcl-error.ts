/** A file that cannot be read, or an expression without a value. */
export class HclError extends Error {
  /** What kind of problem it is, as HCL says it: "Unknown variable". */
  readonly summary: string;
  /** What is wrong in particular. */
  readonly detail: string;

  constructor(summary: string, detail: string) {
    super(`${summary}; ${detail}`);
    this.name = "HclError";
    this.summary = summary;
    this.detail = detail;
  }
}

/** A variable or a function that no file defines. */
export class UndefinedName extends HclError {}
