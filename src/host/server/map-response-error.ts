import { ConnectError } from "@connectrpc/connect";
import { encodeEnvelope, type UniversalServerResponse } from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamFromJson,
  endStreamToJson,
  errorFromJsonBytes,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { findTrailerError, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerParse, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";

/** Returns the error to send in place of another one. Metadata of the other stay in the response. */
type ErrorMap = (error: ConnectError) => ConnectError;

/**
 * Changes the error of a response, if it has one. Errors about bytes that cannot be read bypass interceptors, so the
 * response is changed in its wire format.
 */
export function mapResponseError(response: UniversalServerResponse, map: ErrorMap): UniversalServerResponse {
  const contentType = response.header?.get("content-type") ?? "";
  if (contentType.startsWith("application/grpc-web")) {
    return mapBody(response, (chunk) => (isEnvelope(chunk, trailerFlag) ? webTrailer(chunk, map) : chunk));
  }
  if (contentType.startsWith("application/grpc")) {
    const { trailer } = response;
    return mapBody(
      response,
      (chunk) => chunk,
      () => trailer && mapTrailer(trailer, map),
    );
  }
  if (contentType.startsWith("application/connect+")) {
    return mapBody(response, (chunk) => (isEnvelope(chunk, endStreamFlag) ? endStream(chunk, map) : chunk));
  }
  if (response.status === 200) return response;
  const answer = mapBody(response, (chunk) => unaryError(chunk, answer, map));
  return answer;
}

function mapTrailer(trailer: Headers, map: ErrorMap): void {
  const error = findTrailerError(trailer);
  if (error) setTrailerStatus(trailer, map(error));
}

function webTrailer(chunk: Uint8Array, map: ErrorMap): Uint8Array {
  const trailer = trailerParse(chunk.subarray(envelopeHeaderBytes));
  mapTrailer(trailer, map);
  return encodeEnvelope(trailerFlag, trailerSerialize(trailer));
}

function endStream(chunk: Uint8Array, map: ErrorMap): Uint8Array {
  const { metadata, error } = endStreamFromJson(chunk.subarray(envelopeHeaderBytes));
  if (!error) return chunk;
  const json = JSON.stringify(endStreamToJson(metadata, map(error), undefined));
  return encodeEnvelope(endStreamFlag, new TextEncoder().encode(json));
}

function unaryError(chunk: Uint8Array, response: UniversalServerResponse, map: ErrorMap): Uint8Array {
  const error = errorFromJsonBytes(chunk, undefined, new ConnectError("Error without a message."));
  const mapped = map(error);
  const bytes = errorToJsonBytes(mapped, undefined);
  // Neither is sent before the first chunk.
  if (mapped.code !== error.code) response.status = codeToHttpStatus(mapped.code);
  response.header?.set("content-length", String(bytes.byteLength));
  return bytes;
}

function mapBody(
  response: UniversalServerResponse,
  mapChunk: (chunk: Uint8Array) => Uint8Array,
  onEnd: () => void = () => {},
): UniversalServerResponse {
  const source = response.body?.[Symbol.asyncIterator]();
  if (!source) return response;
  const map = async (step: Promise<IteratorResult<Uint8Array>>): Promise<IteratorResult<Uint8Array>> => {
    const result = await step;
    if (!result.done) return { done: false, value: mapChunk(result.value) };
    onEnd();
    return result;
  };
  // Not a generator: a failed write must reach the handler at once, even while a step is pending.
  const body: AsyncIterableIterator<Uint8Array> = {
    next: () => map(source.next()),
    return: async (value) => source.return?.(value) ?? { done: true, value },
    throw: async (error) => source.throw?.(error) ?? Promise.reject(error),
    [Symbol.asyncIterator]: () => body,
  };
  return { ...response, body };
}

const envelopeHeaderBytes = 5;

/** Whether a chunk is an envelope with a flag; the library writes one envelope per chunk. */
const isEnvelope = (chunk: Uint8Array, flag: number) =>
  chunk.length >= envelopeHeaderBytes && (chunk[0]! & flag) !== 0;
