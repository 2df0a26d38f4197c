import type { Code } from "@connectrpc/connect";

/** Ends a call with a gRPC status other than OK. */
export class StatusError extends Error {
  constructor(
    readonly code: Code,
    message: string,
  ) {
    super(message);
    this.name = "StatusError";
  }
}
