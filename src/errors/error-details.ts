import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  HelpSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "../gen/google/rpc/error_details_pb.js";
import { ErrorHintsSchema } from "../gen/slipway/v1/error_pb.js";
import type { FieldViolation, TypedError } from "./error-content.js";

/** The messages of an error's details. */
export const detailSchemas = [
  ErrorInfoSchema,
  BadRequestSchema,
  HelpSchema,
  QuotaFailureSchema,
  RetryInfoSchema,
  RequestInfoSchema,
  ErrorHintsSchema,
];

/** The details of an error on the wire: ErrorInfo, and those of the others that have a content. */
export function encodeDetails(
  error: TypedError,
): Extract<ConnectError["details"][number], { desc: unknown }>[] {
  const { reason, domain, metadata = {}, fields = [], remedy, helpUrl, warnings = [] } = error;
  const { quota, retryAfterMs, callId } = error;
  const fieldViolations = fields.map((f) => ({ field: f.field, description: f.message, reason: f.reason }));
  const remedies = fields
    .filter((field) => field.remedy || field.helpUrl)
    .map(({ field, reason, remedy, helpUrl }) => ({ field, reason, remedy, helpUrl }));
  const hints: MessageInitShape<typeof ErrorHintsSchema> = { remedies, warnings };
  const links = [{ description: remedy, url: helpUrl }];
  return [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason, domain, metadata }) },
    ...(fields.length > 0
      ? [{ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) }]
      : []),
    ...(remedy || helpUrl ? [{ desc: HelpSchema, value: create(HelpSchema, { links }) }] : []),
    ...(quota
      ? [{ desc: QuotaFailureSchema, value: create(QuotaFailureSchema, { violations: [quota] }) }]
      : []),
    ...(retryAfterMs !== undefined
      ? [
          {
            desc: RetryInfoSchema,
            value: create(RetryInfoSchema, { retryDelay: durationFromMs(retryAfterMs) }),
          },
        ]
      : []),
    ...(callId ? [requestInfo(callId)] : []),
    ...(remedies.length > 0 || warnings.length > 0
      ? [{ desc: ErrorHintsSchema, value: create(ErrorHintsSchema, hints) }]
      : []),
  ];
}

/** The detail that names a call. */
export function requestInfo(callId: string) {
  return { desc: RequestInfoSchema, value: create(RequestInfoSchema, { requestId: callId }) };
}

/** What the details of an error say; empty without details. */
export function decodeDetails(error: ConnectError): Partial<TypedError> {
  const info = error.findDetails(ErrorInfoSchema)[0];
  const link = error.findDetails(HelpSchema)[0]?.links[0];
  const hints = error.findDetails(ErrorHintsSchema)[0];
  const quota = error.findDetails(QuotaFailureSchema)[0]?.violations[0];
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const callId = error.findDetails(RequestInfoSchema)[0]?.requestId;
  const remedies = [...(hints?.remedies ?? [])];
  const fields = error.findDetails(BadRequestSchema)[0]?.fieldViolations.map((violation): FieldViolation => {
    const { field, description, reason } = violation;
    const index = remedies.findIndex((each) => each.field === field && each.reason === reason);
    const [found] = index < 0 ? [] : remedies.splice(index, 1);
    const { remedy, helpUrl } = found ?? {};
    return { field, message: description, reason, ...(remedy && { remedy }), ...(helpUrl && { helpUrl }) };
  });
  return {
    reason: info?.reason || undefined,
    domain: info?.domain || undefined,
    metadata: info?.metadata ?? {},
    fields: fields ?? [],
    remedy: link?.description || undefined,
    helpUrl: link?.url || undefined,
    ...(quota && { quota: { subject: quota.subject, description: quota.description } }),
    ...(delay && { retryAfterMs: durationMs(delay) }),
    ...(callId && { callId }),
    ...(hints?.warnings.length && { warnings: hints.warnings }),
  };
}
