import type { Reason } from "./reasons.js";

/**
 * Input that is refused before any work starts.
 *
 * Has what an API needs for typed details: a stable reason for programs, the field that is wrong, and what the user can
 * do. The message never contains a sensitive value.
 */
export class InputError extends Error {
  /** Stable; see reasons.ts. */
  readonly reason: Reason;
  /** Path of the offending value in the request, for example `secrets[npmrc]`. */
  readonly field: string;
  /** One sentence; empty when the message is enough. */
  readonly remedy: string;

  constructor(init: { reason: Reason; field: string; message: string; remedy?: string; cause?: unknown }) {
    super(init.message, { cause: init.cause });
    this.name = "InputError";
    this.reason = init.reason;
    this.field = init.field;
    this.remedy = init.remedy ?? "";
  }
}
