import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { DescMessage } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { hasManyElements } from "../../messages/elements.js";
import { type Check, checkEach, joined } from "../../messages/envelopes.js";
import type { NodeRequest } from "./access.js";

/** Most elements of a message of a request. The manifests of our clients have at most some 8000 in one. */
export const maxElements = 100_000;

/**
 * The same body, one message at a time. It fails before a message with too many elements is decoded: RESOURCE_EXHAUSTED,
 * reason MESSAGE_TOO_LARGE.
 * @param maxBytes of a message; the library refuses a larger one as soon as it sees its size
 */
export function withFewElements(
  body: AsyncIterable<Uint8Array>,
  desc: DescMessage,
  { headers }: NodeRequest,
  maxBytes: number,
): AsyncIterable<Uint8Array> {
  const type = headers["content-type"] ?? "";
  const isUnary = /^application\/(json|proto)\b/i.test(type);
  const isConnect = /^application\/connect\b/i.test(type);
  const encoding =
    headers[isUnary ? "content-encoding" : isConnect ? "connect-content-encoding" : "grpc-encoding"];
  const check: Check = async (message, isCompressed) => {
    const bytes = isCompressed && encoding === "gzip" ? await decompressed(message, maxBytes) : message;
    const format = /\bjson\b/i.test(type) ? "json" : "binary";
    if (hasManyElements(desc, bytes, maxElements, format)) throw tooManyElements();
  };
  return isUnary ? checkOne(body, check, maxBytes) : checkEach(body, check, maxBytes);
}

/** The body is the message. */
async function* checkOne(body: AsyncIterable<Uint8Array>, check: Check, maxBytes: number) {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  if (size <= maxBytes) await check(joined(chunks), true);
  yield* chunks;
}

async function decompressed(bytes: Uint8Array, maxOutputLength: number): Promise<Uint8Array> {
  // The library reports what cannot be decompressed, and what is larger.
  return promisify(gunzip)(bytes, { maxOutputLength }).catch(() => new Uint8Array());
}

function tooManyElements(): ConnectError {
  return typedError({
    code: Code.ResourceExhausted,
    reason: "MESSAGE_TOO_LARGE",
    message: `A message of the request has more than ${maxElements} elements.`,
    remedy: "Send long lists in several requests; the entries of an upload continue in AddBlobs.",
    metadata: { limit_elements: String(maxElements) },
  });
}
