/** A block, or an attribute of a block or of a file. */
export interface Place {
  /** Name of the file; undefined where the block can be in any. */
  readonly file?: string;
  /** Type of the block; empty for an attribute outside of blocks. */
  readonly type: string;
  readonly label: string;
  /** Name of the attribute; undefined for the block itself. */
  readonly attribute?: string;
}

/** A file that cannot be read, or an expression without a value. On its way out it learns where it is. */
export class HclError extends Error {
  /** Where the innermost expression begins in its template, as the parser counts. */
  byte: number | undefined;
  /** The innermost template. */
  template: string | undefined;
  /** The innermost variable. */
  place: Place | undefined;
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

  /** Notes where it is, unless something inside of that has noted it. */
  noteByte(byte: number): void {
    if (this.template === undefined && this.place === undefined) this.byte ??= byte;
  }

  noteTemplate(template: string): void {
    if (this.place === undefined) this.template ??= template;
  }

  notePlace(place: Place): void {
    this.place ??= place;
  }
}

/** A variable or a function that no file defines. */
export class UndefinedName extends HclError {}
