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
import { destroySession } from "../../network/destroy-session.js";
import { untilAborted } from "../../util/until-aborted.js";
import { withPeriod } from "../../util/with-period.js";
import { withTimeout } from "../../util/with-timeout.js";
import type { Connection } from "../connection.js";
import { serverLimits, windowBytes } from "../limits.js";
import { StreamCall } from "./call.js";
import { decodePercent } from "./grpc-message.js";
import { health } from "./health.js";
import type { SessionMethod } from "./method.js";
import { Tunnel } from "./tunnel.js";

/** Options of a session. */
export interface SessionOptions {
  /** Unique id without `:` for `SolveRequest.session`; random by default. */
  id?: string;
  /** Identifies machine and context, so that BuildKit reuses an earlier upload of the same files; may be empty. */
  sharedKey?: string;
  /** The methods to serve, besides the health service. */
  methods: SessionMethod[];
  /** Further headers of the call that opens it; none by default. */
  headers?: Readonly<Record<string, string>>;
  /** Called for every call that fails, unless it was cancelled. */
  onError?: (path: string, error: StatusError) => void;
  /** How long BuildKit may take to answer, in milliseconds; default 20 000. */
  timeoutMs?: number;
  /** Ends the wait for BuildKit's answer; an open session stays. */
  signal?: AbortSignal;
}

/** An open session, through which BuildKit calls methods of this process. */
export interface Session {
  /** The value for `SolveRequest.session`. */
  readonly id: string;
  /** Resolves when the session ends: with the reason, or with undefined after {@link close}. Never rejects. */
  readonly closed: Promise<ConnectError | undefined>;
  /** Ends the session and all its calls. Resolves when they have ended. */
  close(): Promise<void>;
}

/**
 * Opens a session through `Control.Session`: a byte stream in which BuildKit is the HTTP/2 client and this
 * process the server.
 * Resolves when BuildKit has answered; rejects with a ConnectError.
 */
export async function openSession(connection: Connection, options: SessionOptions): Promise<Session> {
  const { id = randomBytes(16).toString("hex"), sharedKey = "", onError, timeoutMs = 20_000 } = options;
  const { headers = {}, signal = new AbortController().signal } = options;
  signal.throwIfAborted();
  const methods = methodTable([health, ...options.methods]);
  const losses = connection.losses;
  const opening = connection.request("POST", "/moby.buildkit.v1.Control/Session", {
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
    "x-docker-expose-session-uuid": id,
    "x-docker-expose-session-sharedkey": sharedKey,
    // An array becomes one field per element, as BuildKit expects: it does not split at commas.
    "x-docker-expose-session-grpc-method": [...methods.keys()],
  });
  const call = await untilAborted(opening, signal);
  const tunnel = new Tunnel(call);
  const inner = performServerHandshake(tunnel, serverLimits) as ServerHttp2Session;
  inner.setLocalWindowSize(windowBytes);
  inner.on("stream", (stream, received, _flags, ...rest) => {
    // The raw headers keep repeated fields apart; @types/node does not declare them.
    const [rawHeaders] = rest as unknown as [string[]];
    // An error in serving ends this call only.
    serve(methods, stream, received[":path"] ?? "", rawHeaders, onError).catch((cause) =>
      stream.destroy(cause),
    );
  });

  let closing = false;
  let status: ConnectError | undefined;
  let failure: string | undefined;
  call.on("response", (answer) => {
    status = statusOf(answer);
  });
  call.on("trailers", (trailers) => {
    status ??= statusOf(trailers);
  });
  for (const emitter of [call, tunnel, inner]) {
    emitter.on("error", (error: Error) => {
      failure ??= error.message;
    });
  }
  const closed = new Promise<ConnectError | undefined>((resolve) => {
    tunnel.once("close", () => {
      destroySession(inner, tunnel, sessionOver());
      if (closing) return resolve(undefined);
      const reason = status?.rawMessage || connection.lossSince(losses) || failure || "BuildKit ended it";
      resolve(
        new ConnectError(
          withPeriod(`The session with BuildKit ended: ${reason}`),
          status?.code ?? Code.Unavailable,
        ),
      );
    });
  });
  const close = async () => {
    closing = true;
    destroySession(inner, tunnel, sessionOver());
    call.close(constants.NGHTTP2_CANCEL);
    tunnel.destroy();
    await closed;
  };

  const answered = withTimeout(timeoutMs, signal, (over) =>
    once(inner, "remoteSettings", { signal: over }).then(
      () => undefined,
      () => (over.aborted ? ("late" as const) : undefined),
    ),
  );
  const early = await Promise.race([answered, closed]);
  if (!early) return { id, closed, close };
  await close();
  signal.throwIfAborted();
  throw early === "late"
    ? new ConnectError(`BuildKit did not accept the session within ${timeoutMs} ms.`, Code.DeadlineExceeded)
    : early;
}

function sessionOver(): Error {
  return new ConnectError("The session with BuildKit has ended.", Code.Canceled);
}

function methodTable(methods: SessionMethod[]): Map<string, SessionMethod> {
  const table = new Map(methods.map((method) => [method.path, method]));
  if (table.size < methods.length) throw new Error("A session method is defined twice.");
  return table;
}

async function serve(
  methods: Map<string, SessionMethod>,
  stream: ServerHttp2Stream,
  path: string,
  rawHeaders: string[],
  onError: SessionOptions["onError"],
): Promise<void> {
  stream.on("error", () => {}); // Reported by the call's signal.
  const call = new StreamCall(stream, rawHeaders);
  try {
    const method = methods.get(path);
    if (!method) throw new StatusError(Code.Unimplemented, `This session does not serve ${path}.`);
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

/** The status in a response or its trailers, unless it is OK. */
function statusOf(headers: IncomingHttpHeaders): ConnectError | undefined {
  const code = headers["grpc-status"];
  if (code === undefined || code === "0") return undefined;
  const known = Number(code) in Code ? (Number(code) as Code) : Code.Unknown;
  return new ConnectError(decodePercent(String(headers["grpc-message"] ?? "")), known);
}
