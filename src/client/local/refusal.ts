/** The host refused a call. */
export class Refusal extends Error {
  /**
   * @param status of HTTP
   * @param error as Connect writes it in JSON; undefined when the answer is of another program
   */
  constructor(
    readonly status: number,
    readonly error: unknown,
  ) {
    super(`HTTP status ${status}`);
  }

  /** The refusal in the body of an answer. */
  static read(status: number, body: Buffer): Refusal {
    try {
      return new Refusal(status, JSON.parse(body.toString()));
    } catch {
      return new Refusal(status, undefined);
    }
  }
}
