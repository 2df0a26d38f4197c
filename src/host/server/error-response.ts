import { Code, type ConnectError } from "@connectrpc/connect";
import { encodeEnvelope, type UniversalServerResponse } from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { typedError } from "../../errors/typed-error.js";
import { version } from "../../util/version.js";
import type { NodeRequest } from "./access.js";
import { nameCall } from "./call-errors.js";
import { identifyCall } from "./call-id.js";

/**
 * An error as the answer to a request that no handler sees, in the request's protocol. What is not a call of gRPC,
 * gRPC-Web or a Connect stream gets the JSON of a unary Connect call.
 * @param status HTTP status of the JSON; default: the one of the error's code
 */
export function errorResponse(
  request: NodeRequest,
  unnamed: ConnectError,
  status = codeToHttpStatus(unnamed.code),
): UniversalServerResponse {
  const { headers } = request;
  const error = nameCall(unnamed, identifyCall(request));
  const given = headers["content-type"] ?? "";
  // The text form of gRPC-Web is not spoken, so nothing is answered in it.
  const contentType = given.startsWith("application/grpc-web-text") ? "" : given;
  if (contentType.startsWith("application/grpc-web")) {
    return { status: 200, header: setTrailerStatus(new Headers({ "content-type": contentType }), error) };
  }
  if (contentType.startsWith("application/grpc")) {
    // Not in the headers: gRPC reads a status there only if they end the stream, which Node's response cannot do.
    const trailer = setTrailerStatus(new Headers(), error);
    return { status: 200, header: new Headers({ "content-type": contentType }), body: streamOf([]), trailer };
  }
  if (contentType.startsWith("application/connect+")) {
    const json = JSON.stringify(endStreamToJson(new Headers(), error, undefined));
    const body = [encodeEnvelope(endStreamFlag, new TextEncoder().encode(json))];
    return { status: 200, header: new Headers({ "content-type": contentType }), body: streamOf(body) };
  }
  const body = errorToJsonBytes(error, undefined);
  const header = new Headers({
    "content-type": "application/json",
    "content-length": String(body.byteLength),
  });
  return { status, header, body: streamOf([body]) };
}

async function* streamOf(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** UNIMPLEMENTED for an unknown method path; HTTP status 404, as the Connect protocol says. */
export function unknownMethod(request: NodeRequest): UniversalServerResponse {
  const path = request.url?.split("?", 1)[0] ?? "";
  const isFormer = formerServices.some((service) => path.startsWith(`/${service}/`));
  return errorResponse(request, isFormer ? clientOutdated(path) : methodUnknown(path), 404);
}

/** Services of the protocol from before its packages were split. Its clients call the first one before all others. */
const formerServices = ["slipway.v1.SystemService", "slipway.v1.DriverService"];

function clientOutdated(path: string): ConnectError {
  return typedError({
    code: Code.Unimplemented,
    reason: "CLIENT_OUTDATED",
    message: `The client calls ${path}, which Slipway ${version} no longer has: the client is older than the host's protocol.`,
    remedy: `Use a client of Slipway ${version} or later.`,
  });
}

function methodUnknown(path: string): ConnectError {
  return typedError({
    code: Code.Unimplemented,
    reason: "METHOD_UNKNOWN",
    message: `The host has no method ${JSON.stringify(path)}.`,
    remedy: "Compare the path with the services that reflection lists. Update the host if it is older.",
  });
}

/** An answer of the RPC library that is only an HTTP status, with an error that says why. */
export function explainStatus(
  request: NodeRequest,
  response: UniversalServerResponse,
): UniversalServerResponse {
  const explain = explanations[response.status];
  if (!explain || response.body) return response;
  const answer = errorResponse(request, explain(request), response.status);
  response.header?.forEach((value, name) => {
    answer.header?.set(name, value);
  });
  return answer;
}

const explanations: Record<number, (request: NodeRequest) => ConnectError> = {
  405: ({ method }) =>
    typedError({
      code: Code.Unimplemented,
      reason: "HTTP_METHOD_REFUSED",
      message: `The method cannot be called with HTTP ${method}.`,
      remedy: "Use POST. Only unary methods without side effects can be called with GET.",
    }),
  415: ({ headers }) =>
    typedError({
      code: Code.InvalidArgument,
      reason: "CONTENT_TYPE_UNSUPPORTED",
      message: `The method cannot be called with the content type ${JSON.stringify(headers["content-type"] ?? "")}.`,
      remedy:
        "Use application/json or application/proto for unary Connect calls, application/connect+json or application/connect+proto for streams, or one of gRPC or gRPC-Web.",
    }),
  505: ({ httpVersion }) =>
    typedError({
      code: Code.Unimplemented,
      reason: "HTTP_VERSION_UNSUPPORTED",
      message: `A bidirectional stream is not possible with HTTP/${httpVersion}.`,
      remedy: "Call the method over HTTP/2.",
    }),
};
