import type { Code } from "@connectrpc/connect";
import type { Diagnostic } from "../gen/slipway/common/v1/diagnostic_pb.js";

/** The content of a typed error. */
export interface TypedError<R extends string = string> {
  /** gRPC code. */
  code: Code;
  /** Stable reason in UPPER_SNAKE_CASE. The host's own are in reasons.ts. */
  reason: R;
  /** What is wrong, for people. Without secrets. */
  message: string;
  /** The fields at fault, as paths into the request, each with its own message. */
  fields?: FieldViolation<R>[];
  /** What to do about it; one sentence. */
  remedy?: string;
  /** Where to read more. */
  helpUrl?: string;
  /** When the call can succeed, in milliseconds from now; only when that is known. */
  retryAfterMs?: number;
  /** The quota that is used up: whose it is, and what is wrong. */
  quota?: { subject: string; description: string };
  /** Further facts for programs. */
  metadata?: Record<string, string>;
  /** Id of the call that failed, by which the host's log has it; from the host alone. */
  callId?: string;
  /** Findings about the same request that alone would not have refused it. */
  warnings?: Diagnostic[];
  /** Who raises it: the host ("slipway.dev", the default) or a driver ("driver.slipway.dev"). */
  domain?: string;
}

/** One field of a request that is wrong. */
export interface FieldViolation<R extends string = string> {
  /** Path into the request, for example "spec.platforms[1]". */
  field: string;
  /** What is wrong with it. */
  message: string;
  /** Stable reason of this violation. */
  reason?: R;
  /** What to do about it; one sentence. */
  remedy?: string;
  /** Where to read more. */
  helpUrl?: string;
}
