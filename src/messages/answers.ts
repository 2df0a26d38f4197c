import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { createTransport } from "@connectrpc/connect/protocol-grpc";
import { createNodeHttpClient, type GrpcTransportOptions } from "@connectrpc/connect-node";
import { answerTooLarge } from "../errors/answer-too-large.js";
import { hasManyElements } from "./elements.js";
import { checkEach } from "./envelopes.js";

/**
 * Most elements of a message that a BuildKit or a plugin sends. Messages of 16 MiB that list as much as fits have about
 * 250 000: the records of a cache.
 */
export const maxElements = 400_000;

/** Options of {@link createBoundedTransport}. */
export interface BoundedTransportOptions
  extends Required<
    Pick<GrpcTransportOptions, "baseUrl" | "interceptors" | "readMaxBytes" | "writeMaxBytes">
  > {
  sessionManager: NonNullable<GrpcTransportOptions["sessionManager"]>;
}

/**
 * A gRPC transport to a peer that is not trusted: an answer with more than {@link maxElements} is not decoded, and fails
 * with RESOURCE_EXHAUSTED, reason ANSWER_TOO_LARGE. Messages are not compressed.
 */
export function createBoundedTransport({ sessionManager, ...options }: BoundedTransportOptions): Transport {
  const send = createNodeHttpClient({ httpVersion: "2", sessionProvider: () => sessionManager });
  const transportFor = (answer: DescMessage) =>
    createTransport({
      ...options,
      compressMinBytes: 0,
      sendCompression: null,
      acceptCompression: [],
      useBinaryFormat: true,
      async httpClient(request) {
        const response = await send(request);
        const check = (message: Uint8Array) => requireFewElements(answer, message);
        return { ...response, body: checkEach(response.body, check, options.readMaxBytes) };
      },
    });
  return {
    unary: (method, ...rest) => transportFor(method.output).unary(method, ...rest),
    stream: (method, ...rest) => transportFor(method.output).stream(method, ...rest),
  };
}

/**
 * Decodes a message of a peer that is not trusted. Throws ANSWER_TOO_LARGE for one with too many
 * elements, and what the library throws for a malformed one.
 */
export function decodeBounded<Desc extends DescMessage>(desc: Desc, bytes: Uint8Array): MessageShape<Desc> {
  requireFewElements(desc, bytes);
  return fromBinary(desc, bytes);
}

function requireFewElements(desc: DescMessage, bytes: Uint8Array): void {
  if (!hasManyElements(desc, bytes, maxElements)) return;
  throw answerTooLarge("A message", `${maxElements} elements`);
}
