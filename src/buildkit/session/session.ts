import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import type { Connection } from "../connection.js";
import { serverLimits, windowBytes } from "../limits.js";
import { StreamCall } from "./call.js";
import { decodePercent } from "./grpc-message.js";
import { health } from "./health.js";
import type { SessionMethod } from "./method.js";
import { Tunnel } from "./tunnel.js";

/** What a session serves and how it is known. */
export interface SessionOptions {
  /** Unique id without `:`; random by default. Goes into `SolveRequest.session`. */
  id?: string;
  /** Names machine and context, so that BuildKit recognises an earlier upload of the same files; may be empty. */
  sharedKey?: string;
  /** The methods to serve; the health service is always there. */
  methods: SessionMethod[];
  /** Told of every call that ends with an error other than a cancelled one. */
  onError?: (path: string, error: StatusError) => void;
  /** How long BuildKit may take to answer, in milliseconds; default 20 000. */
  timeoutMs?: number;
}

/** A session that BuildKit knows and calls back on. */
export interface Session {
  /** Goes into `SolveRequest.session`. */
  readonly id: string;
  /** Resolves when the session has ended: with the reason, or undefined when {@link close} ended it. Never rejects. */
  readonly closed: Promise<ConnectError | undefined>;
  /** Ends the session and all its calls. Resolves when they are gone. */
  close(): Promise<void>;
}

/**
 * Opens a session through `Control.Session`: a byte stream in which BuildKit is the HTTP/2 client and we serve.
 * Resolves when BuildKit has answered; rejects with a ConnectError.
 */
export async function openSession(connection: Connection, options: SessionOptions): Promise<Session> {
  const { id = randomBytes(16).toString("hex"), sharedKey = "", onError, timeoutMs = 20_000 } = options;
  const methods = methodTable([health, ...options.methods]);
  const losses = connection.losses;
  const call = await connection.request("POST", "/moby.buildkit.v1.Control/Session", {
    "content-type": "application/grpc",
    te: "trailers",
    "x-docker-expose-session-uuid": id,
    "x-docker-expose-session-sharedkey": sharedKey,
    // An array becomes one field per element, which is what BuildKit reads; it does not split at commas.
    "x-docker-expose-session-grpc-method": [...methods.keys()],
  });
  const tunnel = new Tunnel(call);
  const inner = performServerHandshake(tunnel, serverLimits) as ServerHttp2Session;
  inner.setLocalWindowSize(windowBytes);
  inner.on("stream", (stream, headers, _flags, ...rest) => {
    // The raw headers keep repeated fields apart; @types/node does not know of them.
    const [rawHeaders] = rest as unknown as [string[]];
    // A fault in serving ends this call, and nothing else.
    serve(methods, stream, headers[":path"] ?? "", rawHeaders, onError).catch((cause) =>
      stream.destroy(cause),
    );
  });

  let closing = false;
  let status: ConnectError | undefined;
  let failure: string | undefined;
  call.on("response", (headers) => {
    status = statusOf(headers);
  });
  call.on("trailers", (trailers) => {
    status ??= statusOf(trailers);
  });
  for (const part of [call, tunnel, inner]) {
    part.on("error", (error: Error) => {
      failure ??= error.message;
    });
  }
  const closed = new Promise<ConnectError | undefined>((resolve) => {
    tunnel.once("close", () => {
      inner.destroy();
      if (closing) return resolve(undefined);
      const reason = status?.rawMessage || connection.lossSince(losses) || failure || "BuildKit ended it";
      resolve(
        new ConnectError(`the session with BuildKit ended: ${reason}`, status?.code ?? Code.Unavailable),
      );
    });
  });
  const close = async () => {
    closing = true;
    inner.destroy();
    call.close(constants.NGHTTP2_CANCEL);
    tunnel.destroy();
    await closed;
  };

  const timeout = AbortSignal.timeout(timeoutMs);
  const answered = once(inner, "remoteSettings", { signal: timeout }).then(() => undefined);
  const early = await Promise.race([answered.catch(() => undefined), closed]);
  if (!early && !timeout.aborted) return { id, closed, close };
  await close();
  throw (
    early ??
    new ConnectError(`BuildKit did not take the session within ${timeoutMs} ms`, Code.DeadlineExceeded)
  );
}

function methodTable(methods: SessionMethod[]): Map<string, SessionMethod> {
  const table = new Map(methods.map((method) => [method.path, method]));
  if (table.size < methods.length) throw new Error("a session method is given twice");
  return table;
}

async function serve(
  methods: Map<string, SessionMethod>,
  stream: ServerHttp2Stream,
  path: string,
  rawHeaders: string[],
  onError: SessionOptions["onError"],
): Promise<void> {
  stream.on("error", () => {}); // The call's signal tells of it.
  const call = new StreamCall(stream, rawHeaders);
  try {
    const method = methods.get(path);
    if (!method) throw new StatusError(Code.Unimplemented, `${path} is not served by this session`);
    await method.handle(call);
    call.end(0, "");
  } catch (cause) {
    const error = asStatusError(cause);
    if (!call.signal.aborted) {
      call.end(error.code, error.message);
      if (error.code !== Code.Canceled && error.code !== Code.Unimplemented) onError?.(path, error);
    }
  }
}

function asStatusError(cause: unknown): StatusError {
  if (cause instanceof StatusError) return cause;
  const error = new StatusError(Code.Internal, cause instanceof Error ? cause.message : String(cause));
  error.cause = cause;
  return error;
}

/** What a response or its trailers say, if it is not OK. */
function statusOf(headers: IncomingHttpHeaders): ConnectError | undefined {
  const code = headers["grpc-status"];
  if (code === undefined || code === "0") return undefined;
  const known = Number(code) in Code ? (Number(code) as Code) : Code.Unknown;
  return new ConnectError(decodePercent(String(headers["grpc-message"] ?? "")), known);
}
