import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { DescMessage } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { NodeRequest } from "./access.js";
import { hasManyElements, maxElements } from "./message-elements.js";

/** Fails for a message with too many elements. */
type Check = (message: Uint8Array, isCompressed: boolean) => Promise<void>;

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
    if (hasManyElements(desc, bytes, /\bjson\b/i.test(type))) throw tooManyElements();
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

/** Before each message: flags, of which the lowest says that it is compressed, and its length. */
const prefixBytes = 5;

async function* checkEach(body: AsyncIterable<Uint8Array>, check: Check, maxBytes: number) {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let needed = prefixBytes;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    while (size >= needed) {
      const bytes = joined(chunks);
      chunks = [bytes];
      needed = prefixBytes + bytes.readUInt32BE(1);
      if (needed > prefixBytes + maxBytes) {
        yield bytes;
        return;
      }
      if (size < needed) break;
      await check(bytes.subarray(prefixBytes, needed), (bytes[0]! & 1) === 1);
      yield bytes.subarray(0, needed);
      chunks = [bytes.subarray(needed)];
      size -= needed;
      needed = prefixBytes;
    }
  }
  yield* chunks;
}

function joined(chunks: readonly Uint8Array[]): Buffer {
  const [only] = chunks;
  if (!only || chunks.length > 1) return Buffer.concat(chunks);
  return Buffer.from(only.buffer, only.byteOffset, only.length);
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
