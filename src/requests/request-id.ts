import { invalidField } from "../errors/typed-error.js";
import { isUuid } from "../util/uuid.js";

/**
 * The normal form of a request id, as AIP-155 defines it; empty for none. INVALID_ARGUMENT, reason REQUEST_ID_INVALID,
 * unless it is a UUID.
 */
export function readRequestId(requestId: string, field = "request_id"): string {
  const id = requestId.toLowerCase();
  if (id === "" || isUuid(id)) return id;
  const message = "The request id is not a UUID.";
  throw invalidField(field, "REQUEST_ID_INVALID", message, "Generate a random UUID for each new request.");
}

/** INVALID_ARGUMENT, reason REQUEST_ID_REUSED: an earlier request with this id had another content. */
export function requestIdReused(field = "request_id") {
  const message = "An earlier request with this id had another content.";
  return invalidField(field, "REQUEST_ID_REUSED", message, "Generate a new UUID for each new request.");
}
