/** A template that is wrong, or that failed on its data; the message has no position and no period. */
export class TemplateError extends Error {
  /** Position in the text of the template, from 0; undefined until it is known. */
  at: number | undefined;

  constructor(message: string, at?: number) {
    super(message);
    this.name = "TemplateError";
    this.at = at;
  }
}
