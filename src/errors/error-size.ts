import type { ConnectError } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import type { TypedError } from "./error-content.js";

/**
 * Largest error, in bytes of gRPC trailers. Java and Python refuse calls whose headers or trailers exceed 8 KiB; the rest
 * is for the other headers.
 */
const maxErrorBytes = 7 * 1024;

/** Largest texts of a shortened error, in bytes of UTF-8. */
const limits = { message: 700, text: 300, name: 120, metadata: 800 };

/** Whether an error can be sent to every client. The trailers are the largest of its encodings. */
export function fits(error: ConnectError): boolean {
  let bytes = 0;
  // RFC 9113 counts 32 bytes more for each field.
  setTrailerStatus(new Headers(), error).forEach((value, name) => {
    bytes += name.length + value.length + 32;
  });
  return bytes <= maxErrorBytes;
}

/**
 * An error with shortened texts, and with as many fields and then warnings as fit. The message and the metadata
 * (`omitted_fields`, `omitted_warnings`) say how many are missing.
 */
export function shortened(error: TypedError, fitsEncoded: (error: TypedError) => boolean): TypedError {
  const { fields = [], warnings = [] } = error;
  const base: TypedError = {
    ...error,
    reason: cut(error.reason, limits.name),
    domain: error.domain && cut(error.domain, limits.name),
    message: cut(error.message.replace(omission, ""), limits.message),
    remedy: error.remedy && cut(error.remedy, limits.text),
    helpUrl: shortUrl(error.helpUrl),
    metadata: shortMetadata(error.metadata ?? {}),
    quota: error.quota && {
      subject: cut(error.quota.subject, limits.name),
      description: cut(error.quota.description, limits.text),
    },
  };
  const shortFields = fields.map((each) => ({
    ...each,
    field: cut(each.field, limits.name),
    message: cut(each.message, limits.text),
    reason: each.reason && cut(each.reason, limits.name),
    remedy: each.remedy && cut(each.remedy, limits.text),
    helpUrl: shortUrl(each.helpUrl),
  }));
  const shortWarnings = warnings.map((each) => ({
    ...each,
    field: cut(each.field, limits.name),
    message: cut(each.message, limits.text),
    reason: cut(each.reason, limits.name),
    remedy: cut(each.remedy, limits.text),
    helpUrl: shortUrl(each.helpUrl) ?? "",
  }));
  const withFirst = (fieldCount: number, warningCount: number): TypedError => {
    const left = omitted(error, "omitted_fields") + fields.length - fieldCount;
    const leftWarnings = omitted(error, "omitted_warnings") + warnings.length - warningCount;
    const suffix = left > 0 ? ` ${left} more ${left === 1 ? "field is" : "fields are"} at fault.` : "";
    return {
      ...base,
      message: base.message + suffix,
      fields: shortFields.slice(0, fieldCount),
      warnings: shortWarnings.slice(0, warningCount),
      metadata: {
        ...base.metadata,
        ...(left > 0 && { omitted_fields: String(left) }),
        ...(leftWarnings > 0 && { omitted_warnings: String(leftWarnings) }),
      },
    };
  };
  const fieldCount = largest(Math.min(fields.length, maxKept), (count) => fitsEncoded(withFirst(count, 0)));
  const warningCount = largest(Math.min(warnings.length, maxKept), (count) =>
    fitsEncoded(withFirst(fieldCount, count)),
  );
  return withFirst(fieldCount, warningCount);
}

/** More fields or warnings than ever fit. */
const maxKept = 300;

/** What an earlier shortening appended to the message. */
const omission = / \d+ more fields? (is|are) at fault\.$/;

function omitted({ metadata }: TypedError, key: string): number {
  return Number(metadata?.[key] ?? 0);
}

/** The largest count up to `max` that is acceptable, by bisection; 0 when none is. */
function largest(max: number, isAcceptable: (count: number) => boolean): number {
  let [low, high] = [0, max];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isAcceptable(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function shortMetadata(metadata: Record<string, string>): Record<string, string> {
  let left = limits.metadata;
  const kept = Object.entries(metadata).flatMap(([key, value]): [string, string][] => {
    const short = cut(value, limits.text);
    left -= Buffer.byteLength(key) + Buffer.byteLength(short);
    return left < 0 ? [] : [[key, short]];
  });
  return Object.fromEntries(kept);
}

/** A URL that is cut leads elsewhere. */
function shortUrl(url: string | undefined): string | undefined {
  return url && Buffer.byteLength(url) > limits.text ? undefined : url;
}

/** At most `bytes` bytes of a text, with an ellipsis where it was cut, never within a character. */
function cut(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  const end = bytes - Buffer.byteLength("…");
  return `${new TextDecoder().decode(encoded.subarray(0, end), { stream: true })}…`;
}
