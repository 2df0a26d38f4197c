import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, HelpSchema } from "../gen/google/rpc/error_details_pb.js";
import type { Reason } from "./reasons.js";

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
  /** Further facts for programs. */
  metadata?: Record<string, string>;
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
}

/** The error domain of the host. */
export const hostDomain = "slipway.dev";
/** The error domain of drivers. */
export const driverDomain = "driver.slipway.dev";

/** Makes an error that this repository raises itself: its reason is one of reasons.ts. */
export function typedError(error: TypedError<Reason>): ConnectError {
  return encodeError(error);
}

/** Makes an error with any reason: one of a driver, or one that was read from elsewhere. */
export function encodeError(error: TypedError): ConnectError {
  const { code, reason, message, fields = [], remedy, helpUrl, metadata = {}, domain = hostDomain } = error;
  const fieldViolations = fields.map((f) => ({ field: f.field, description: f.message, reason: f.reason }));
  const links = [{ description: remedy, url: helpUrl }];
  return new ConnectError(message, code, undefined, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason, domain, metadata }) },
    ...(fields.length > 0
      ? [{ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) }]
      : []),
    ...(remedy || helpUrl ? [{ desc: HelpSchema, value: create(HelpSchema, { links }) }] : []),
  ]);
}

/** INVALID_ARGUMENT about one field. */
export function invalidField(field: string, reason: Reason, message: string, remedy?: string): ConnectError {
  return typedError({
    code: Code.InvalidArgument,
    reason,
    message,
    remedy,
    fields: [{ field, message, reason }],
  });
}

/** Reads any error as a typed one; an untyped one gets its code's name as reason and keeps its message. */
export function readTypedError(cause: unknown): TypedError {
  const error = ConnectError.from(cause);
  const info = error.findDetails(ErrorInfoSchema)[0];
  const bad = error.findDetails(BadRequestSchema)[0];
  const link = error.findDetails(HelpSchema)[0]?.links[0];
  return {
    code: error.code,
    reason:
      info?.reason || (Code[error.code] ?? "Unknown").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase(),
    message: error.rawMessage,
    fields:
      bad?.fieldViolations.map((f) => ({ field: f.field, message: f.description, reason: f.reason })) ?? [],
    remedy: link?.description || undefined,
    helpUrl: link?.url || undefined,
    metadata: info?.metadata ?? {},
    domain: info?.domain || undefined,
  };
}
