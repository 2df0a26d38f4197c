import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { Control } from "../gen/moby/buildkit/v1/control_pb.js";
import { createBoundedTransport } from "../messages/answers.js";
import { type Connect, Connection } from "./connection.js";
import { maxMessageBytes } from "./limits.js";
import { explainLoss } from "./lost-connection.js";
import { openSession, type Session, type SessionOptions } from "./session/session.js";

/** Options of a BuildKit client. */
export interface BuildkitOptions {
  /** The HTTP/2 authority; default `localhost`, as in gRPC for unix sockets. */
  host?: string;
  /** How long BuildKit may take to answer on a new connection, in milliseconds; default 20 000. */
  timeoutMs?: number;
  /** Wait for BuildKit's answers without any limit; default false. */
  isPatient?: boolean;
}

/** A client of a BuildKit. Calls and sessions share one HTTP/2 connection, which the first of them opens. */
export interface BuildkitClient {
  /** BuildKit's control API. Errors are ConnectErrors; a broken connection is UNAVAILABLE. */
  readonly control: Client<typeof Control>;
  /** Client of another service on the same port: content, gateway, health. */
  service<T extends DescService>(desc: T): Client<T>;
  /** Opens a session that serves the given methods; see {@link openSession}. */
  openSession(options: SessionOptions): Promise<Session>;
  /** Aborts when the connection is lost, or BuildKit announces its end. */
  readonly broken: AbortSignal;
  /** There are no calls and no sessions. */
  readonly isIdle: boolean;
  /**
   * Whether BuildKit answers a PING within a time, in milliseconds. gRPC servers close connections that are pinged
   * repeatedly without calls.
   */
  answers(withinMs: number): Promise<boolean>;
  /** Ends the connection and all calls and sessions on it. */
  close(): Promise<void>;
}

/** Creates a client without opening a connection. */
export function connectBuildkit(connect: Connect, options: BuildkitOptions = {}): BuildkitClient {
  const { host = "localhost", timeoutMs = 20_000, isPatient = false } = options;
  const connection = new Connection(connect, { host, timeoutMs: isPatient ? undefined : timeoutMs });
  const transport = createBoundedTransport({
    baseUrl: connection.authority,
    sessionManager: connection,
    readMaxBytes: maxMessageBytes,
    writeMaxBytes: maxMessageBytes,
    interceptors: [explainLoss(connection)],
  });
  return {
    control: createClient(Control, transport),
    service: (desc) => createClient(desc, transport),
    openSession: (session) => openSession(connection, session),
    broken: connection.broken,
    get isIdle() {
      return connection.isIdle;
    },
    answers: (withinMs) => connection.answers(withinMs),
    close: () => connection.close(),
  };
}
