import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type {
  DescMessage,
  DescMethod,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
  type ServiceImpl,
} from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { BuildService } from "../../gen/slipway/v1/build_pb.js";
import { BuilderService } from "../../gen/slipway/v1/builder_pb.js";
import { HostService } from "../../gen/slipway/v1/host_pb.js";
import { UploadService } from "../../gen/slipway/v1/upload_pb.js";
import { whenAborted } from "../../util/when-aborted.js";

const services = {
  ...HostService.method,
  ...BuildService.method,
  ...BuilderService.method,
  ...UploadService.method,
};
type Methods = typeof services;

/** The answer of a method, as a script gives it. */
type Scripted<M> = M extends { methodKind: "unary"; output: infer O extends DescMessage }
  ? MessageInitShape<O> | Promise<MessageInitShape<O>>
  : M extends { output: infer O extends DescMessage }
    ? AsyncIterable<MessageInitShape<O>>
    : never;

/** What a scripted host answers, by method. It does not have the other methods. */
export type HostScript = {
  [Name in keyof Methods]?: (
    request: MessageShape<Methods[Name]["input"]>,
    call: CallRecord,
  ) => Scripted<Methods[Name]>;
};

/** A call that the scripted host received. */
export interface CallRecord {
  /** Name of the method: "StartBuild". */
  method: string;
  request: Message;
  /** When it came, in milliseconds. */
  at: number;
  /** The request header `authorization`; empty without one. */
  authorization: string;
  /** The time limit that the client sent, in milliseconds; undefined without one. */
  timeoutMs: number | undefined;
  /** Cuts all connections, so that the call gets no answer. */
  cut(): Promise<never>;
  /** Ends the answer as a host does that dies behind a proxy: without a status, or with a reset of the stream. */
  hangUp(how: "end" | "reset"): Promise<never>;
  /** Waits until the client has ended the call. */
  ended(): Promise<void>;
}

type NodeRequest = IncomingMessage | Http2ServerRequest;
type NodeResponse = ServerResponse | Http2ServerResponse;

const responseKey = createContextKey<NodeResponse | undefined>(undefined);

/** The request listener of a host that plays a script and records each call. */
export function scriptedCalls(
  script: HostScript,
  records: CallRecord[],
  cut: () => void,
): (request: NodeRequest, response: NodeResponse) => void {
  const responses = new WeakMap<NodeRequest, NodeResponse>();
  const adapter = connectNodeAdapter({
    routes(router) {
      for (const service of [HostService, BuildService, BuilderService, UploadService])
        addService(router, service, script, records, cut);
    },
    contextValues: (request) => createContextValues().set(responseKey, responses.get(request)),
  });
  return (request, response) => {
    responses.set(request, response);
    // A client that was cut off.
    response.on("error", () => {});
    adapter(request, response);
  };
}

function addService(
  router: ConnectRouter,
  service: DescService,
  script: HostScript,
  records: CallRecord[],
  cut: () => void,
): void {
  const implementation: Record<string, (request: Message, context: HandlerContext) => unknown> = {};
  for (const method of service.methods) {
    const answer = script[method.localName as keyof Methods] as
      | ((request: Message, call: CallRecord) => unknown)
      | undefined;
    if (!answer) continue;
    implementation[method.localName] = (request: Message, context: HandlerContext) => {
      const call = record(method, request, context, cut);
      records.push(call);
      return answer(request, call);
    };
  }
  router.service(service, implementation as unknown as Partial<ServiceImpl<DescService>>);
}

function record(method: DescMethod, request: Message, context: HandlerContext, cut: () => void): CallRecord {
  const { signal, values, requestHeader } = context;
  const ended = () => whenAborted(signal);
  // The library logs other errors of a call that has ended.
  const lost = async (): Promise<never> => {
    await ended();
    throw new ConnectError("the call was cut", Code.Aborted);
  };
  return {
    method: method.name,
    request,
    at: performance.now(),
    authorization: requestHeader.get("authorization") ?? "",
    timeoutMs: context.timeoutMs(),
    cut() {
      cut();
      return lost();
    },
    hangUp(how) {
      const response = values.get(responseKey)!;
      if (how === "end") response.end();
      else if ("stream" in response) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      else response.destroy();
      return lost();
    },
    ended,
  };
}
