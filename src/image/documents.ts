import type { JsonObject } from "@bufbuild/protobuf";
import { answerMalformed } from "../errors/answer-malformed.js";
import { isJsonObject } from "../util/is-json-object.js";
import type { Descriptor } from "./oci-index.js";

/** Parses JSON that a peer sent. `what` names the document in the error ANSWER_MALFORMED. */
export function parseDocument(document: Uint8Array | string, what: string): unknown {
  try {
    return JSON.parse(Buffer.from(document).toString());
  } catch {
    throw answerMalformed(what, "it is not JSON");
  }
}

/** Parses a JSON object that a peer sent. Throws ANSWER_MALFORMED. */
export function parseObject(document: Uint8Array | string, what: string): JsonObject {
  const value = parseDocument(document, what);
  if (!isJsonObject(value)) throw answerMalformed(what, "it is not an object");
  return value;
}

/** Parses a descriptor that a peer sent. Throws ANSWER_MALFORMED. */
export function parseDescriptor(document: Uint8Array | string, what: string): Descriptor {
  const value = parseObject(document, what);
  if (!isDescriptor(value)) throw answerMalformed(what, "it has no media type, digest and size");
  return value;
}

/** Whether a value that was parsed from JSON is a descriptor. */
export function isDescriptor(value: unknown): value is Descriptor {
  if (!isJsonObject(value)) return false;
  const { mediaType, digest, size, annotations } = value;
  return (
    typeof mediaType === "string" &&
    typeof digest === "string" &&
    Number.isSafeInteger(size) &&
    (annotations === undefined || isTexts(annotations))
  );
}

/** Whether a value that was parsed from JSON is an object whose values are strings. */
export function isTexts(value: unknown): value is Record<string, string> {
  return isJsonObject(value) && Object.values(value).every((text) => typeof text === "string");
}
