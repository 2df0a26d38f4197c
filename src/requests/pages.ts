import { createHash } from "node:crypto";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { invalidField } from "../errors/typed-error.js";
import { requestDigest } from "./request-digest.js";

/** Sizes of a list's pages. */
export interface PageSizes {
  /** Without a page_size in the request. */
  default: number;
  /** A larger page_size counts as this one. */
  max: number;
}

/** The page that a request asks for. */
export interface Page {
  size: number;
  /** Where the page before ended, as given to {@link tokenAt}; undefined for the first page. */
  after?: string;
  /** The token of the page after a position. */
  tokenAt(position: string): string;
}

/** A request for a page of a list. */
export type ListRequest<Desc extends DescMessage> = MessageShape<Desc> & {
  pageSize: number;
  pageToken: string;
};

/**
 * Reads which page a request asks for, as AIP-158 says. INVALID_ARGUMENT with PAGE_SIZE_INVALID, or PAGE_TOKEN_INVALID
 * for a token that is not of this list, or of a request with other fields.
 */
export function readPage<Desc extends DescMessage>(
  desc: Desc,
  request: ListRequest<Desc>,
  sizes: PageSizes,
): Page {
  const { pageSize, pageToken } = request;
  if (pageSize < 0) {
    const message = `The page size ${pageSize} is negative.`;
    throw invalidField(
      "page_size",
      "PAGE_SIZE_INVALID",
      message,
      "Use a positive number, or 0 for the default.",
    );
  }
  const list = requestDigest(desc, request, ["page_size", "page_token"]);
  const tokenAt = (position: string) => encodeToken(list, position);
  const after = pageToken === "" ? undefined : decodePosition(pageToken);
  if (after !== undefined && tokenAt(after) !== pageToken) {
    throw tokenInvalid();
  }
  return { size: Math.min(pageSize || sizes.default, sizes.max), after, tokenAt };
}

function tokenInvalid() {
  return invalidField(
    "page_token",
    "PAGE_TOKEN_INVALID",
    "The page token is not of this list, or the request has changed since it was given.",
    "Send the next_page_token of the previous page with the same request, or begin without a token.",
  );
}

/**
 * The page of a list that is made anew for each page. It begins after the last entry of the page before; if that is gone,
 * with what took its place.
 * @param keyOf identity of an entry, unique in the list
 */
export function pageOf<T>(
  entries: readonly T[],
  keyOf: (entry: T) => string,
  page: Page,
): { entries: T[]; nextPageToken: string } {
  const start = startOf(entries, keyOf, page.after);
  const end = start + page.size;
  const last = end < entries.length ? entries[end - 1] : undefined;
  return {
    entries: entries.slice(start, end),
    nextPageToken: last === undefined ? "" : page.tokenAt(JSON.stringify([end, keyOf(last)])),
  };
}

function startOf<T>(entries: readonly T[], keyOf: (entry: T) => string, after: string | undefined): number {
  if (after === undefined) return 0;
  const { end, key } = positionOf(after);
  const index = entries.findIndex((entry) => keyOf(entry) === key);
  return index < 0 ? end - 1 : index + 1;
}

/** The position in a token of {@link pageOf}. The checksum of a token has no secret, so that a client can make one up. */
function positionOf(after: string): { end: number; key: string } {
  try {
    const [end, key, ...rest]: unknown[] = JSON.parse(after);
    if (Number.isSafeInteger(end) && Number(end) > 0 && typeof key === "string" && rest.length === 0)
      return { end: Number(end), key };
  } catch {
    // Refused below.
  }
  throw tokenInvalid();
}

const checksumLength = 22;

/** A checksum and the position. The checksum finds tokens that were made up, or belong to another request. */
function encodeToken(list: string, position: string): string {
  const sum = createHash("sha256")
    .update(`${list}\n${position}`)
    .digest("base64url")
    .slice(0, checksumLength);
  return sum + Buffer.from(position).toString("base64url");
}

function decodePosition(token: string): string {
  return Buffer.from(token.slice(checksumLength), "base64url").toString();
}
