import type { DescMessage } from "@bufbuild/protobuf";
import { readTypedError } from "../errors/typed-error.js";
import { type ListRequest, pageOf, readPage } from "../requests/pages.js";
import { driverError } from "./driver-error.js";

const sizes = { default: 1000, max: 1000 };

/**
 * Reads which page of a driver's list a request asks for, and returns what takes it from the whole list, which the driver
 * makes for each page. INVALID_ARGUMENT, reason PAGE_SIZE_INVALID or PAGE_TOKEN_INVALID.
 */
export function pager<Desc extends DescMessage>(desc: Desc, request: ListRequest<Desc>) {
  const page = ofDriver(() => readPage(desc, request, sizes));
  return <T>(entries: readonly T[], keyOf: (entry: T) => string) =>
    ofDriver(() => pageOf(entries, keyOf, page));
}

/** Errors of a driver have another domain than those of the host. */
function ofDriver<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw driverError(readTypedError(cause));
  }
}
