import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, HelpSchema } from "../gen/google/rpc/error_details_pb.js";

/** What a typed error says. */
export interface TypedError {
  /** gRPC code. */
  code: Code;
  /** Stable reason in UPPER_SNAKE_CASE, listed in docs/api.md and docs/driver-protocol.md. */
  reason: string;
  /** What is wrong, for people. Holds no secret. */
  message: string;
  /** The fields at fault, as paths into the request, each with its own message. */
  fields?: FieldViolation[];
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
export interface FieldViolation {
  /** Path into the request, for example "spec.platforms[1]". */
  field: string;
  /** What is wrong with it. */
  message: string;
  /** Stable reason of this violation. */
  reason?: string;
}

/** The error domain of the host. */
export const hostDomain = "slipway.dev";
/** The error domain of drivers. */
export const driverDomain = "driver.slipway.dev";

function detail<Desc extends DescMessage>(desc: Desc, value: MessageInitShape<Desc>) {
  return { desc, value: create(desc, value) as never };
}

/** Makes the error that a handler throws: google.rpc.ErrorInfo, with BadRequest and Help where they apply. */
export function typedError(error: TypedError): ConnectError {
  const { code, reason, message, fields = [], remedy, helpUrl, metadata = {}, domain = hostDomain } = error;
  const details = [detail(ErrorInfoSchema, { reason, domain, metadata })];
  if (fields.length > 0) {
    const fieldViolations = fields.map((f) => ({
      field: f.field,
      description: f.message,
      reason: f.reason ?? "",
    }));
    details.push(detail(BadRequestSchema, { fieldViolations }) as never);
  }
  if (remedy || helpUrl) {
    details.push(detail(HelpSchema, { links: [{ description: remedy ?? "", url: helpUrl ?? "" }] }) as never);
  }
  return new ConnectError(message, code, undefined, details as never);
}

/** INVALID_ARGUMENT about one field. */
export function invalidField(field: string, reason: string, message: string, remedy?: string): ConnectError {
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
    reason: info?.reason || Code[error.code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase(),
    message: error.rawMessage,
    fields:
      bad?.fieldViolations.map((f) => ({ field: f.field, message: f.description, reason: f.reason })) ?? [],
    remedy: link?.description || undefined,
    helpUrl: link?.url || undefined,
    metadata: info?.metadata ?? {},
    domain: info?.domain || undefined,
  };
}
